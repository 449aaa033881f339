package io.millrace.job.ledger;

import java.util.List;

/**
 * A part of a listing.
 *
 * @param items in the listing's order
 * @param more whether others follow
 */
public record Page<T>(List<T> items, boolean more) {

    public Page {
        items = List.copyOf(items);
    }

    /** Cuts {@code found}, which was asked for one more than {@code limit}. */
    static <T> Page<T> cut(List<T> found, int limit) {
        return found.size() > limit
                ? new Page<>(found.subList(0, limit), true)
                : new Page<>(found, false);
    }
}
