package io.millrace.standalone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.contracts.v1.JobSelection;
import io.millrace.model.MillraceException;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class SelectionOptionsTest {

    private static SelectionOptions parse(String... arguments) {
        return CommandLine.populateCommand(new SelectionOptions(), arguments);
    }

    @Test
    void whatIsGivenIsAskedForAndToldAgain() {
        SelectionOptions options =
                parse(
                        "--include=*.jpg",
                        "--include",
                        "train/**",
                        "--exclude=tmp/",
                        "--min-size=1KiB",
                        "--max-size=2M",
                        "--modified-since=2026-11-01T00:00:00Z",
                        "--modified-before=2026-12-01T00:00:00Z");

        assertEquals(
                "--include '*.jpg' --include 'train/**' --exclude 'tmp/' --min-size 1024"
                        + " --max-size 2000000 --modified-since 2026-11-01T00:00:00Z"
                        + " --modified-before 2026-12-01T00:00:00Z",
                SelectionOptions.text(options.message()));
    }

    @Test
    void nothingGivenIsEverything() {
        assertEquals(JobSelection.getDefaultInstance(), parse().message());
    }

    @Test
    void aTimeIsSoLongBeforeNowOrAnInstant() {
        Instant now = Instant.parse("2026-11-27T12:00:00Z");
        assertEquals(
                now.minusSeconds(86_400).toEpochMilli(), SelectionOptions.millis("x", "P1D", now));
        MillraceException refused =
                assertThrows(
                        MillraceException.class,
                        () -> SelectionOptions.millis("modified-since", "yesterday", now));
        assertTrue(refused.getMessage().startsWith("modified-since 'yesterday'"));
    }
}
