package io.millrace.client;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.millrace.model.MillraceException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Asks for pages of directories before they are wanted, so that metadata-service makes one while
 * the reader takes in another: the page behind the one being read, and, when directories are begun
 * one after the other as a walk does, the first pages of the next few.
 *
 * <p>At most {@link #AT_A_TIME} are on their way, and {@link #KEPT} that came wait for their
 * reader, however full the cache of the namespace is. Maps are safe for many threads; nothing is
 * held while a page is asked for.
 */
final class ListAhead {

    private static final Logger LOG = System.getLogger(ListAhead.class.getName());
    private static final int AT_A_TIME = 4;
    private static final int DIRECTORIES_AHEAD = 4;
    private static final int REMEMBERED = 100_000;
    private static final int KEPT = 16;

    private final Namespace namespace;
    private final Semaphore permits = new Semaphore(AT_A_TIME);
    private final ConcurrentHashMap<Wanted, CompletableFuture<DirectoryPage>> coming =
            new ConcurrentHashMap<>();

    /** What came and was not read yet. */
    private final Cache<Wanted, DirectoryPage> kept =
            Caffeine.newBuilder().maximumSize(KEPT).build();

    /** The directory behind each, in the directory that holds both. */
    private final Cache<Long, Long> next = Caffeine.newBuilder().maximumSize(REMEMBERED).build();

    /** Directories that come next if this is a walk. */
    private final Cache<Long, Boolean> expected =
            Caffeine.newBuilder().maximumSize(REMEMBERED).build();

    /** A change of the directory, and a loss of the watch, leave pages behind. */
    private record Wanted(long directoryId, long generation, long watchEpoch, String afterName) {}

    ListAhead(Namespace namespace) {
        this.namespace = namespace;
    }

    /** A page that metadata-service has just given. */
    void learn(DirectoryPage page) {
        NamespaceEntry last = null;
        for (NamespaceEntry entry : page.entries()) {
            if (entry.isDirectory()) {
                if (last != null) {
                    next.put(last.id(), entry.id());
                }
                last = entry;
            }
        }
    }

    /** A reader has come to {@code page}. Does not wait. */
    void reached(long directoryId, String afterName, DirectoryPage page) {
        List<NamespaceEntry> entries = page.entries();
        if (page.more() && !entries.isEmpty()) {
            ask(directoryId, entries.getLast().name());
        }
        if (afterName.isEmpty()) {
            begun(directoryId);
        }
    }

    private void begun(long directoryId) {
        Long follower = next.getIfPresent(directoryId);
        if (follower == null) {
            return;
        }
        boolean walk = expected.getIfPresent(directoryId) != null;
        expected.put(follower, true);
        for (int i = 0; walk && follower != null && i < DIRECTORIES_AHEAD; i++) {
            ask(follower, "");
            follower = next.getIfPresent(follower);
        }
    }

    private void ask(long directoryId, String afterName) {
        Wanted wanted = wanted(directoryId, afterName);
        if (kept.getIfPresent(wanted) != null
                || namespace.peekPage(directoryId, afterName) != null
                || !permits.tryAcquire()) {
            return;
        }
        CompletableFuture<DirectoryPage> future = new CompletableFuture<>();
        if (coming.putIfAbsent(wanted, future) != null) {
            permits.release();
            return;
        }
        Thread.ofVirtual()
                .name("list-ahead-" + directoryId)
                .start(() -> {
                    try {
                        DirectoryPage page =
                                namespace.askPage(directoryId, afterName, new Cancellation());
                        kept.put(wanted, page);
                        future.complete(page);
                    } catch (MillraceException e) {
                        LOG.log(Level.DEBUG, "event=not_listed_ahead directory=" + directoryId, e);
                    } finally {
                        coming.remove(wanted, future);
                        // Whoever waits asks for itself.
                        var _ = future.cancel(false);
                        permits.release();
                    }
                });
    }

    private Wanted wanted(long directoryId, String afterName) {
        return new Wanted(
                directoryId, namespace.generation(directoryId), namespace.watchEpoch(), afterName);
    }

    /** A page that came before it was wanted; null: there is none. It is kept no longer. */
    @Nullable DirectoryPage take(long directoryId, String afterName) {
        DirectoryPage page = kept.asMap().remove(wanted(directoryId, afterName));
        return page != null && page.isValid() ? page : null;
    }

    /** Nothing that came is believed any more. */
    void forgetAll() {
        kept.invalidateAll();
    }

    /** Waits for the page if it was asked for; null: it was not, or did not come. */
    @Nullable DirectoryPage await(long directoryId, String afterName, Cancellation cancellation) {
        CompletableFuture<DirectoryPage> future = coming.get(wanted(directoryId, afterName));
        if (future == null) {
            return take(directoryId, afterName);
        }
        CompletableFuture<DirectoryPage> mine = future.copy();
        try (var _ = cancellation.onCancel(() -> mine.cancel(false))) {
            DirectoryPage page = mine.join();
            var _ = take(directoryId, afterName);
            return page.isValid() ? page : null;
        } catch (CompletionException | CancellationException e) {
            cancellation.check();
            return null;
        }
    }
}
