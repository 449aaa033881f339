package io.millrace.client;

import org.jspecify.annotations.Nullable;

/**
 * What a name leads to, and until when that may be believed.
 *
 * @param entry null: there is no such name
 * @param validUntilNanos on the clock of {@link System#nanoTime}
 */
public record Lookup(@Nullable NamespaceEntry entry, long validUntilNanos) {

    /** How long it may still be believed; 0 when no longer. */
    public long validMillis() {
        return Math.max(0, (validUntilNanos - System.nanoTime()) / 1_000_000);
    }

    Lookup until(long nanos) {
        return new Lookup(entry, nanos);
    }

    boolean isValid() {
        return validUntilNanos - System.nanoTime() > 0;
    }
}
