package io.millrace.standalone.cli;

import java.io.PrintStream;
import java.util.stream.Collectors;

/**
 * Where a command writes.
 *
 * @param out for results
 * @param err for errors
 * @param interactive whether {@code out} is a terminal, on which a line can be written over
 * @param columns its width; 80 when not known
 */
record Terminal(PrintStream out, PrintStream err, boolean interactive, int columns) {

    /** Set by the launcher script: {@code ROWS COLUMNS} when standard output is a terminal. */
    static final String SIZE_PROPERTY = "millrace.terminal";

    private static final int DEFAULT_COLUMNS = 80;
    private static final int LEAST_COLUMNS = 20;

    static Terminal ofProcess(PrintStream out, PrintStream err) {
        String size = System.getProperty(SIZE_PROPERTY, "").strip();
        return new Terminal(out, err, !size.isEmpty(), columnsOf(size));
    }

    private static int columnsOf(String size) {
        String columns = size.substring(size.lastIndexOf(' ') + 1);
        try {
            return Math.max(LEAST_COLUMNS, Integer.parseInt(columns));
        } catch (NumberFormatException e) {
            return DEFAULT_COLUMNS;
        }
    }

    /** As {@link #printable}, line by line. */
    static String printableLines(String text) {
        return text.lines().map(Terminal::printable).collect(Collectors.joining("\n"));
    }

    /** {@code text} without characters that could steer a terminal. */
    static String printable(String text) {
        StringBuilder clean = new StringBuilder(text.length());
        text.codePoints()
                .forEach(c -> {
                    if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                        clean.append(String.format("\\u%04x", c));
                    } else {
                        clean.appendCodePoint(c);
                    }
                });
        return clean.toString();
    }
}
