package io.millrace.job.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.job.ledger.JobState.Name;
import io.millrace.model.MillraceException;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class JobStateTest {

    private static final Instant NOW = Instant.parse("2026-11-01T00:00:00Z");
    private static final Tally PLANNED = new Tally(10, 1_000);

    private static Counts counts(Tally done, Tally skipped, Tally failed) {
        return new Counts(PLANNED, done, skipped, Lost.of(Fate.FAILED, failed));
    }

    @Test
    void everyPairOfStatesIsAllowedOrNotAsTheTableSays() {
        Map<Name, Set<Name>> allowed =
                Map.of(
                        Name.PLANNED,
                        EnumSet.of(Name.RUNNING, Name.PAUSED, Name.FAILED, Name.CANCELLED),
                        Name.RUNNING,
                        EnumSet.of(
                                Name.PAUSED,
                                Name.SUCCEEDED,
                                Name.PARTIAL,
                                Name.FAILED,
                                Name.CANCELLED),
                        Name.PAUSED,
                        EnumSet.of(
                                Name.PLANNED,
                                Name.RUNNING,
                                Name.SUCCEEDED,
                                Name.PARTIAL,
                                Name.FAILED,
                                Name.CANCELLED),
                        Name.SUCCEEDED,
                        EnumSet.noneOf(Name.class),
                        Name.PARTIAL,
                        EnumSet.noneOf(Name.class),
                        Name.FAILED,
                        EnumSet.noneOf(Name.class),
                        Name.CANCELLED,
                        EnumSet.noneOf(Name.class));

        assertEquals(
                allowed,
                Arrays.stream(Name.values()).collect(Collectors.toMap(n -> n, Name::next)));
    }

    @Test
    void aStateIsOpenExactlyWhenSomethingMayFollow() {
        Map<Name, JobState> states =
                Map.of(
                        Name.PLANNED, new JobState.Planned(),
                        Name.RUNNING, new JobState.Running(),
                        Name.PAUSED, new JobState.Paused(),
                        Name.SUCCEEDED, new JobState.Succeeded(NOW, ""),
                        Name.PARTIAL, new JobState.Partial(NOW, ""),
                        Name.FAILED, new JobState.Failed(NOW, ""),
                        Name.CANCELLED, new JobState.Cancelled(NOW, ""));

        assertEquals(EnumSet.allOf(Name.class), states.keySet());
        states.forEach((name, state) -> {
            assertEquals(name, state.name());
            assertEquals(name.isOpen(), state instanceof JobState.Open, name.name());
        });
    }

    @Test
    void whatIsOverdueIsPartialWithExactCounts() {
        JobState.Ended ended =
                JobState.overdue(
                        NOW,
                        counts(new Tally(3, 300), new Tally(1, 100), new Tally(2, 200)),
                        NOW.plusSeconds(1));

        assertInstanceOf(JobState.Partial.class, ended);
        assertTrue(ended.message().startsWith("deadline 2026-11-01T00:00:00Z"), ended.message());
        assertTrue(ended.message().contains("of 10 files"), ended.message());
        assertTrue(ended.message().contains("4 (400 B)"), ended.message());
        assertTrue(ended.message().contains("2 (200 B) failed"), ended.message());
        assertTrue(ended.message().contains("4 (400 B) open"), ended.message());
    }

    @Test
    void whatIsOverdueWithNothingDoneHasFailed() {
        assertInstanceOf(
                JobState.Failed.class,
                JobState.overdue(NOW, counts(Tally.NONE, Tally.NONE, new Tally(1, 5)), NOW));
    }

    private static JobState.Ended settled(String require, Tally done, Lost lost) {
        return JobState.settled(
                JobKind.LOAD,
                new Counts(PLANNED, done, Tally.NONE, lost),
                0,
                Differences.NONE,
                Require.parse(require),
                "why",
                NOW);
    }

    @Test
    void whatIsRequiredDecidesBetweenSuccessAndPartialByFilesAndByBytes() {
        Lost one = Lost.of(Fate.FAILED, new Tally(1, 100));
        Lost large = Lost.of(Fate.VANISHED, new Tally(1, 500));

        assertInstanceOf(JobState.Succeeded.class, settled("90%", new Tally(9, 900), one));
        assertInstanceOf(JobState.Partial.class, settled("90.0001%", new Tally(9, 900), one));
        assertInstanceOf(JobState.Partial.class, settled("90%", new Tally(9, 500), large));
        assertInstanceOf(JobState.Partial.class, settled("100%", new Tally(9, 900), one));
    }

    @Test
    void nothingDoneIsNoSuccessWhateverIsRequired() {
        assertInstanceOf(
                JobState.Failed.class,
                settled("0.0001", Tally.NONE, Lost.of(Fate.CHANGED, PLANNED)));
    }

    @Test
    void aPercentageIsReadWithDecimalsAndRefusedOutOfBounds() {
        assertEquals(999_000, Require.parse("99.9%").millionths());
        assertEquals("99.9%", Require.parse("99.90").toString());
        assertEquals("100%", Require.ALL.toString());
        for (String bad : new String[] {"", "0", "100.0001", "-1", "99.00001", "1e2", "%", "."}) {
            assertThrows(MillraceException.class, () -> Require.parse(bad), bad);
        }
    }

    @Test
    void aJobWithAnOpenByteDoesNotSucceed() {
        assertInstanceOf(
                JobState.Failed.class,
                JobState.settled(
                        JobKind.LOAD,
                        counts(new Tally(10, 999), Tally.NONE, Tally.NONE),
                        0,
                        Differences.NONE,
                        Require.ALL,
                        "",
                        NOW));
    }
}
