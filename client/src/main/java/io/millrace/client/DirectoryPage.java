package io.millrace.client;

import java.util.List;

/**
 * Some entries of a directory in name order.
 *
 * @param entries in order
 * @param more whether others come behind
 * @param validUntilNanos on the clock of {@link System#nanoTime}
 */
public record DirectoryPage(List<NamespaceEntry> entries, boolean more, long validUntilNanos) {

    public DirectoryPage {
        entries = List.copyOf(entries);
    }

    /** How long it may still be believed; 0 when no longer. */
    public long validMillis() {
        return Math.max(0, (validUntilNanos - System.nanoTime()) / 1_000_000);
    }

    DirectoryPage until(long nanos) {
        return new DirectoryPage(entries, more, nanos);
    }

    boolean isValid() {
        return validUntilNanos - System.nanoTime() > 0;
    }
}
