package io.millrace.client;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds the page of a directory in which the entries behind a name lie. Where pages are known they
 * serve; else they are asked for one behind the other, so that each is asked for once.
 */
final class PageSearch {

    private final Namespace namespace;

    /**
     * A page.
     *
     * @param afterName behind which it begins; empty: with the first entry
     */
    record Found(String afterName, DirectoryPage page) {

        private boolean holdsWhatFollows(String name) {
            return !page.more()
                    || page.entries().isEmpty()
                    || page.entries().getLast().name().compareTo(name) > 0;
        }
    }

    PageSearch(Namespace namespace) {
        this.namespace = namespace;
    }

    /**
     * Waits for metadata-service where the page is not known.
     *
     * @param name that the entries come after
     * @param pageAfter behind which a page begins that holds {@code name} or ends before it; where
     *     no page of a listing begins so, pages of the listing are looked for first
     */
    Found find(long directoryId, String name, String pageAfter) {
        Function<String, @Nullable DirectoryPage> known =
                after -> namespace.peekPage(directoryId, after);
        Found found = follow(known, pageAfter, name);
        if (found == null) {
            found = follow(known, "", name);
        }
        if (found == null) {
            found =
                    follow(
                            after -> namespace.page(directoryId, after, new Cancellation()),
                            pageAfter,
                            name);
        }
        if (found == null) {
            throw new IllegalStateException("a page that was waited for is absent");
        }
        return found;
    }

    private static @Nullable Found follow(
            Function<String, @Nullable DirectoryPage> pages, String pageAfter, String name) {
        String after = pageAfter;
        while (true) {
            DirectoryPage page = pages.apply(after);
            if (page == null) {
                return null;
            }
            Found found = new Found(after, page);
            if (found.holdsWhatFollows(name)) {
                return found;
            }
            after = page.entries().getLast().name();
        }
    }
}
