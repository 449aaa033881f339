package io.millrace.standalone.cli;

import java.io.PrintStream;

/**
 * One line that says how far something is: written over on a terminal, and on anything else printed
 * anew, plainly, each time a tenth is done or ten seconds have passed.
 */
final class ProgressBar {

    private static final int LEAST_BAR = 10;
    private static final int MOST_BAR = 40;
    private static final long PLAIN_INTERVAL_NANOS = 10_000_000_000L;

    private final PrintStream out;
    private final boolean rewrites;
    private final int columns;
    private int lastTenth = -1;
    private long lastPrinted = System.nanoTime();
    private String lastLine = "";

    ProgressBar(Terminal terminal, PrintStream out) {
        this.out = out;
        this.rewrites = terminal.interactive() && out == terminal.out();
        this.columns = terminal.columns();
    }

    /**
     * Shows a new state.
     *
     * @param fraction 0 to 1; negative: not known
     * @param text what is done, beside the bar
     */
    void show(double fraction, String text) {
        String clean = Terminal.printable(text);
        if (rewrites) {
            String line = line(fraction, clean, columns - 1);
            if (!line.equals(lastLine)) {
                out.print("\r" + line + " ".repeat(Math.max(0, lastLine.length() - line.length())));
                out.flush();
                lastLine = line;
            }
            return;
        }
        int tenth = (int) Math.floor(Math.clamp(fraction, 0, 1) * 10);
        long now = System.nanoTime();
        if (tenth > lastTenth || now - lastPrinted >= PLAIN_INTERVAL_NANOS) {
            lastTenth = tenth;
            lastPrinted = now;
            out.println((fraction < 0 ? "" : percent(fraction) + "  ") + clean);
            out.flush();
        }
    }

    /** Leaves the line as it is and goes to the next. */
    void end() {
        if (rewrites && !lastLine.isEmpty()) {
            out.println();
            lastLine = "";
        }
    }

    /** The bar takes what the text leaves; a text that does not fit is cut. */
    static String line(double fraction, String text, int columns) {
        String percent = fraction < 0 ? "" : percent(fraction);
        int room = columns - text.length() - percent.length() - 5;
        if (fraction < 0 || room < LEAST_BAR) {
            String bare = percent.isEmpty() ? text : percent + " " + text;
            return bare.length() <= columns ? bare : bare.substring(0, Math.max(0, columns));
        }
        int width = Math.min(MOST_BAR, room);
        int full = (int) Math.floor(Math.clamp(fraction, 0, 1) * width);
        return "[" + "#".repeat(full) + "-".repeat(width - full) + "] " + percent + "  " + text;
    }

    private static String percent(double fraction) {
        return String.format(
                java.util.Locale.ROOT, "%3d%%", (int) Math.floor(Math.clamp(fraction, 0, 1) * 100));
    }
}
