package io.millrace.agent.fuse.jnr;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.millrace.agent.fuse.Call;
import io.millrace.agent.fuse.Entry;
import io.millrace.agent.fuse.FuseFileSystem;
import io.millrace.client.Cancellation;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Finds nodes by path, in place of a kernel that knows nodes. Names are kept as long as they are
 * valid, at most so many; each that is kept holds one lookup of its node.
 */
final class PathTree {

    private static final int LIMIT = 100_000;
    private static final long LONGEST_VALID_MILLIS = TimeUnit.DAYS.toMillis(1);

    private final FuseFileSystem fileSystem;
    private final Cache<Name, Known> known =
            Caffeine.newBuilder()
                    .maximumSize(LIMIT)
                    .executor(Runnable::run)
                    .removalListener(this::removed)
                    .build();

    private record Name(long parent, String name) {}

    private record Known(Entry entry, long untilNanos) {

        static Known of(Entry entry) {
            long millis = Math.clamp(entry.validMillis(), 0, LONGEST_VALID_MILLIS);
            return new Known(entry, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis));
        }

        boolean isValid() {
            return System.nanoTime() - untilNanos < 0;
        }
    }

    PathTree(FuseFileSystem fileSystem) {
        this.fileSystem = fileSystem;
    }

    /**
     * The node at {@code path}, which starts with a slash.
     *
     * @throws MillraceException NOT_FOUND
     */
    long node(String path) {
        long node = FuseFileSystem.ROOT;
        for (String name : path.split("/", -1)) {
            if (!name.isEmpty()) {
                node = child(node, name);
            }
        }
        return node;
    }

    private long child(long parent, String name) {
        return switch (entry(parent, name)) {
            case Entry.Present present -> present.node();
            case Entry.Absent _ ->
                    throw new MillraceException(ErrorCode.NOT_FOUND, name + " does not exist");
        };
    }

    private Entry entry(long parent, String name) {
        Name key = new Name(parent, name);
        Known kept = known.getIfPresent(key);
        if (kept != null && kept.isValid()) {
            return kept.entry();
        }
        Entry entry = fileSystem.lookup(parent, name, Call.waiting(new Cancellation()));
        if (entry == null) {
            throw new IllegalStateException("a lookup that may wait did not");
        }
        keep(key, entry);
        return entry;
    }

    /** Keeps an entry of a listing, so that no lookup follows. */
    void listed(long parent, String name, Entry.Present entry) {
        keep(new Name(parent, name), entry);
    }

    private void keep(Name key, Entry entry) {
        known.put(key, Known.of(entry));
    }

    void forget(long parent, String name) {
        known.invalidate(new Name(parent, name));
    }

    void forgetAll() {
        known.invalidateAll();
    }

    private void removed(@Nullable Name name, @Nullable Known gone, RemovalCause cause) {
        if (gone != null && gone.entry() instanceof Entry.Present present) {
            fileSystem.forget(present.node(), 1);
        }
    }
}
