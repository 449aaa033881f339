package io.millrace.understore;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One page of a listing.
 *
 * @param objects in key order
 * @param commonPrefixes in order, each ending in {@code /}; only for one-level listings
 * @param continuation for the next page; null: this was the last
 */
public record ListPage(
        List<ObjectStatus> objects, List<String> commonPrefixes, @Nullable String continuation) {

    public ListPage {
        objects = List.copyOf(objects);
        commonPrefixes = List.copyOf(commonPrefixes);
    }
}
