package io.millrace.agent.fs;

import io.millrace.client.Cancellation;
import io.millrace.client.DirectoryPage;
import io.millrace.client.Namespace;
import io.millrace.client.NamespaceEntry;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An open directory: the page the kernel reads in, and behind which name each earlier page began. A
 * cookie is the number of entries before it, so a seek reads its page again by name. Holds one page
 * however large the directory is.
 *
 * <p>The monitor of this guards all; it is not held while waiting for metadata-service.
 */
final class DirectoryCursor {

    private final long directoryId;
    private final Namespace namespace;

    /** Where pages begin: number of entries before it, and the name it comes after. */
    private final TreeMap<Long, String> starts = new TreeMap<>();

    private @Nullable Position current;

    /** A page and how many entries come before it. */
    record Position(long first, DirectoryPage page) {

        boolean holds(long cookie) {
            return cookie >= first
                    && (cookie < first + page.entries().size()
                            || (cookie == first + page.entries().size() && !page.more()));
        }

        /** What is at {@code cookie}; null: the page ends before it. */
        @Nullable NamespaceEntry at(long cookie) {
            long index = cookie - first;
            return index < page.entries().size() ? page.entries().get((int) index) : null;
        }

        boolean isLast() {
            return !page.more();
        }
    }

    DirectoryCursor(long directoryId, Namespace namespace) {
        this.directoryId = directoryId;
        this.namespace = namespace;
        starts.put(0L, "");
    }

    long directoryId() {
        return directoryId;
    }

    /** Forgets where it is: the directory is read from its start, as it is now. */
    synchronized void rewind() {
        current = null;
        starts.clear();
        starts.put(0L, "");
    }

    /** The page with {@code cookie} if no one has to be asked for it. */
    @Nullable Position known(long cookie) {
        return find(
                cookie,
                afterName -> {
                    DirectoryPage page = namespace.knownPage(directoryId, afterName);
                    return page;
                });
    }

    /** The page with {@code cookie}. Waits for metadata-service. */
    Position read(long cookie, Cancellation cancellation) {
        Position found =
                find(cookie, afterName -> namespace.page(directoryId, afterName, cancellation));
        if (found == null) {
            throw new IllegalStateException("a page that was waited for is absent");
        }
        return found;
    }

    /** Where pages come from; null: not without waiting. */
    private interface Pages {
        @Nullable DirectoryPage page(String afterName);
    }

    private @Nullable Position find(long cookie, Pages pages) {
        long first;
        String afterName;
        synchronized (this) {
            if (current != null && current.holds(cookie)) {
                return current;
            }
            var start = starts.floorEntry(cookie);
            first = start == null ? 0 : start.getKey();
            afterName = start == null ? "" : start.getValue();
        }
        while (true) {
            DirectoryPage page = pages.page(afterName);
            if (page == null) {
                return null;
            }
            Position position = new Position(first, page);
            long next = first + page.entries().size();
            synchronized (this) {
                current = position;
                if (page.more() && !page.entries().isEmpty()) {
                    starts.put(next, page.entries().getLast().name());
                }
            }
            // A directory that shrank may end before the cookie.
            if (position.holds(cookie) || !page.more() || page.entries().isEmpty()) {
                return position;
            }
            first = next;
            afterName = page.entries().getLast().name();
        }
    }
}
