package io.millrace.metadata.visibility;

import io.millrace.metadata.changes.ChangeLogStore;
import io.millrace.metadata.namespace.Inode;
import io.millrace.metadata.namespace.Namespace;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.time.Duration;
import java.util.List;

/** Waits until the agents show what the bucket holds. */
public final class Visibility {

    /** Longest wait. */
    public static final Duration LONGEST = Duration.ofMinutes(10);

    private static final Duration STANDARD = Duration.ofSeconds(30);
    private static final Duration BUCKET_PAUSE = Duration.ofMillis(200);
    private static final Duration AGENTS_PAUSE = Duration.ofMillis(20);

    private final Namespace namespace;
    private final ChangeLogStore changes;
    private final Watchers watchers;

    public Visibility(Namespace namespace, ChangeLogStore changes, Watchers watchers) {
        this.namespace = namespace;
        this.changes = changes;
        this.watchers = watchers;
    }

    /**
     * What came of waiting.
     *
     * @param visible whether every agent shows what is wanted, or something newer
     * @param objectVersion what the bucket held when it was last asked; empty: nothing, or a
     *     directory
     * @param agents that were waited for
     * @param missing those that had not applied it
     */
    public record Seen(boolean visible, String objectVersion, int agents, List<String> missing) {}

    /**
     * Asks the bucket what lies at {@code path}, again and again until it is {@code wanted}, and
     * then waits for the agents.
     *
     * @param wanted ETag, with or without quotes; empty: whatever lies there, also nothing
     * @param timeout 1 ms to {@link #LONGEST}; zero: 30 s
     * @throws MillraceException INVALID_ARGUMENT when the path is not at or below a mount, or the
     *     time is out of bounds; what the under store throws
     */
    public Seen await(NamespacePath path, String wanted, Duration timeout) {
        if (timeout.isNegative() || timeout.compareTo(LONGEST) > 0) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "timeout of "
                            + timeout.toMillis()
                            + " ms is not between 1 ms and "
                            + LONGEST.toMillis()
                            + " ms");
        }
        Duration wait = timeout.isZero() ? STANDARD : timeout;
        long deadline = System.nanoTime() + wait.toNanos();
        String held = held(path);
        while (!wanted.isEmpty() && !bare(wanted).equals(bare(held))) {
            if (System.nanoTime() - deadline >= 0) {
                return new Seen(false, held, 0, List.of());
            }
            pause(BUCKET_PAUSE);
            held = held(path);
        }
        return awaitAgents(changes.last(), held, deadline);
    }

    private Seen awaitAgents(long sequence, String held, long deadline) {
        while (true) {
            List<WatcherStore.Watcher> all = watchers.connected();
            List<String> missing =
                    all.stream()
                            .filter(watcher -> watcher.sequence() < sequence)
                            .map(WatcherStore.Watcher::subscriber)
                            .toList();
            if (missing.isEmpty() || System.nanoTime() - deadline >= 0) {
                return new Seen(missing.isEmpty(), held, all.size(), missing);
            }
            pause(AGENTS_PAUSE);
        }
    }

    /** Brings the namespace to what the bucket holds at {@code path} and says it. */
    private String held(NamespacePath path) {
        if (!namespace.refresh(path)) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, path + " is not at or below a mount");
        }
        Namespace.Resolved resolved = namespace.resolve(path);
        return resolved.found() && resolved.inodes().getLast() instanceof Inode.File file
                ? file.source().objectVersion()
                : "";
    }

    private static String bare(String version) {
        return version.length() > 1 && version.startsWith("\"") && version.endsWith("\"")
                ? version.substring(1, version.length() - 1)
                : version;
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.INTERRUPTED, "interrupted while waiting for agents", e);
        }
    }
}
