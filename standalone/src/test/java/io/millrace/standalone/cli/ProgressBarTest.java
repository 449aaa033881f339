package io.millrace.standalone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ProgressBarTest {

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(written, true, StandardCharsets.UTF_8);

    @Test
    void into_a_pipe_go_plain_lines_one_for_each_tenth() {
        ProgressBar bar = new ProgressBar(new Terminal(out, out, false, 80), out);
        for (int i = 0; i <= 100; i++) {
            bar.show(i / 100.0, i + " of 100 files");
        }
        bar.end();
        String text = written.toString(StandardCharsets.UTF_8);
        assertEquals(11, text.lines().count(), text);
        assertTrue(text.startsWith("  0%  0 of 100 files\n"), text);
        assertTrue(text.endsWith("100%  100 of 100 files\n"), text);
        assertFalse(text.contains("\r"), text);
        assertFalse(text.contains("\u001b"), text);
    }

    @Test
    void on_a_terminal_one_line_is_written_over() {
        ProgressBar bar = new ProgressBar(new Terminal(out, out, true, 60), out);
        bar.show(0.5, "a longer text");
        bar.show(0.6, "a text");
        bar.end();
        String text = written.toString(StandardCharsets.UTF_8);
        assertEquals(2, text.chars().filter(c -> c == '\r').count(), text);
        assertEquals(1, text.lines().filter(l -> l.contains("a text")).count(), text);
        assertTrue(text.endsWith("\n"), text);
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 40, 60, 80, 200})
    void no_line_is_wider_than_the_terminal(int columns) {
        String text = "1234/2002 files, 300.5 MiB/712 MiB, 120 MiB/s, ETA 12 s";
        for (double fraction : new double[] {-1, 0, 0.333, 1}) {
            String line = ProgressBar.line(fraction, text, columns);
            assertTrue(line.length() <= columns, line);
        }
    }

    @Test
    void names_cannot_steer_the_terminal() {
        ProgressBar bar = new ProgressBar(new Terminal(out, out, true, 60), out);
        bar.show(0.5, "a\u001b[2Jb");
        assertTrue(written.toString(StandardCharsets.UTF_8).contains("a\\u001b[2Jb"));
    }
}
