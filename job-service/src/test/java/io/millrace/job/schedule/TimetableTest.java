package io.millrace.job.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.model.MillraceException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimetableTest {

    private static Timetable timetable(String cron, String zone) {
        return new Timetable(cron, Timetable.parseZone(zone), Duration.ZERO);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    30 2 * * *     | UTC           | 2026-11-27T02:30:00Z | 2026-11-28T02:30:00Z
                    30 2 * * *     | UTC           | 2026-11-27T02:29:59Z | 2026-11-27T02:30:00Z
                    30 2 * * *     | Europe/Berlin | 2026-11-27T00:00:00Z | 2026-11-27T01:30:00Z
                    */15 9-17 * * 1-5 | America/New_York | 2026-11-27T23:00:00Z | 2026-11-30T14:00:00Z
                    0 0 29 2 *     | UTC           | 2026-11-27T00:00:00Z | 2028-02-29T00:00:00Z
                    0 0 31 * *     | UTC           | 2026-11-27T00:00:00Z | 2026-12-31T00:00:00Z
                    0 6 * * 7      | UTC           | 2026-11-27T00:00:00Z | 2026-11-29T06:00:00Z
                    """)
    void theNextTimeIsThatOfCronInItsZone(String cron, String zone, String after, String next) {
        assertEquals(
                Instant.parse(next),
                timetable(cron, zone).next(Instant.parse(after)).orElseThrow());
    }

    @Test
    void anHourThatClocksLeaveOutOrRepeatCostsNoDayAndGivesNoneTwice() {
        Timetable timetable = timetable("30 2 * * *", "Europe/Berlin");
        for (String around : new String[] {"2026-03-27T12:00:00Z", "2026-10-23T12:00:00Z"}) {
            Instant at = Instant.parse(around);
            Set<Object> days = new HashSet<>();
            for (int day = 0; day < 5; day++) {
                at = timetable.next(at).orElseThrow();
                assertTrue(
                        days.add(at.atZone(ZoneId.of("Europe/Berlin")).toLocalDate()),
                        "twice on one day: " + at);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "* * * *",
                "* * * * * *",
                "60 * * * *",
                "a b c d e",
                "0 0 30 2 *",
                "@daily"
            })
    void whatIsNoExpressionIsRefused(String cron) {
        MillraceException refused =
                assertThrows(MillraceException.class, () -> timetable(cron, "UTC"));
        assertTrue(String.valueOf(refused.getMessage()).contains("cron"), refused.getMessage());
    }

    @Test
    void whatIsNoZoneOrJitterIsRefused() {
        assertThrows(MillraceException.class, () -> timetable("* * * * *", "Mars/Olympus"));
        for (Duration jitter : new Duration[] {Duration.ofSeconds(-1), Duration.ofHours(25)}) {
            assertThrows(
                    MillraceException.class,
                    () -> new Timetable("* * * * *", ZoneId.of("UTC"), jitter));
        }
    }

    @Test
    void jitterIsBoundedTheSameEachTimeAndSpread() {
        Timetable timetable = new Timetable("* * * * *", ZoneId.of("UTC"), Duration.ofSeconds(30));
        Set<Instant> begins = new HashSet<>();
        Instant planned = Instant.parse("2026-11-27T00:00:00Z");
        for (int i = 0; i < 100; i++) {
            Instant begin = timetable.withJitter("schedule-" + i, planned);
            assertEquals(begin, timetable.withJitter("schedule-" + i, planned));
            assertTrue(!begin.isBefore(planned) && begin.isBefore(planned.plusSeconds(30)));
            begins.add(begin);
        }
        assertTrue(begins.size() > 80, "only " + begins.size() + " are different");
    }
}
