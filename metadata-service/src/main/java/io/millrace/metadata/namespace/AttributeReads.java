package io.millrace.metadata.namespace;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.understore.ObjectStatus;
import io.millrace.understore.UnderStore;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks for what listings do not tell of objects: one HEAD for each, several at a time.
 *
 * <p>{@code running} bounds the HEADs of all listings of the process together; it is fair, so that
 * a directory of a million files does not keep a small one waiting. Retries are the under store's;
 * a failure after them fails the page, as a failed listing does, since a file must not be shown
 * more openly than its object says.
 */
final class AttributeReads {

    private final Semaphore running;
    private final Executor executor;
    private final NamespaceMetrics metrics;

    /**
     * @param concurrent HEADs at once
     * @param executor runs them, on virtual threads
     */
    AttributeReads(int concurrent, Executor executor, NamespaceMetrics metrics) {
        this.running = new Semaphore(concurrent, true);
        this.executor = executor;
        this.metrics = metrics;
    }

    /**
     * What the bucket says.
     *
     * @param found objects with their attributes, by key
     * @param forbidden keys of those that may not be asked for
     */
    record Said(Map<String, ObjectStatus> found, Set<String> forbidden) {}

    /**
     * The {@code objects} with their attributes, without those that are gone meanwhile. One that
     * was replaced meanwhile is as it is now, so that no version has the attributes of another.
     * Empty: {@code goOn} said so.
     *
     * @param progress called after each, on any thread
     * @param every how often {@code goOn} is asked
     * @throws MillraceException the first failure, when all that was begun has ended
     */
    Optional<Said> read(
            UnderStore store,
            Collection<ObjectStatus> objects,
            Runnable progress,
            Duration every,
            BooleanSupplier goOn) {
        Batch batch = new Batch(store, progress, every, goOn);
        return batch.readAll(objects)
                ? Optional.of(new Said(batch.found, batch.forbidden))
                : Optional.empty();
    }

    /** One call of {@link #read}; the thread that calls owns what is not concurrent in itself. */
    private final class Batch {
        final UnderStore store;
        final Runnable progress;
        final long everyNanos;
        final BooleanSupplier goOn;
        final Map<String, ObjectStatus> found = new ConcurrentHashMap<>();
        final Set<String> forbidden = ConcurrentHashMap.newKeySet();
        final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        final Semaphore ended = new Semaphore(0);
        long askedNanos = System.nanoTime();

        Batch(UnderStore store, Runnable progress, Duration every, BooleanSupplier goOn) {
            this.store = store;
            this.progress = progress;
            this.everyNanos = every.toNanos();
            this.goOn = goOn;
        }

        boolean readAll(Collection<ObjectStatus> objects) {
            int begun = 0;
            for (ObjectStatus object : objects) {
                if (!acquire(running)) {
                    return false;
                }
                if (failure.get() != null) {
                    running.release();
                    break;
                }
                executor.execute(() -> readOne(object));
                begun++;
            }
            for (int i = 0; i < begun; i++) {
                if (!acquire(ended)) {
                    return false;
                }
            }
            switch (failure.get()) {
                case null -> {
                    return true;
                }
                case MillraceException e -> throw e;
                case Throwable e ->
                        throw new MillraceException(
                                ErrorCode.INTERNAL, "reading the attributes of objects failed", e);
            }
        }

        private boolean acquire(Semaphore permits) {
            try {
                while (true) {
                    long left = askedNanos + everyNanos - System.nanoTime();
                    if (left > 0 && permits.tryAcquire(left, TimeUnit.NANOSECONDS)) {
                        return true;
                    }
                    if (left <= 0) {
                        if (!goOn.getAsBoolean()) {
                            return false;
                        }
                        askedNanos = System.nanoTime();
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new MillraceException(
                        ErrorCode.INTERRUPTED,
                        "interrupted while the attributes of objects were read",
                        e);
            }
        }

        private void readOne(ObjectStatus listed) {
            try {
                metrics.attributeRead();
                store.stat(listed.key()).ifPresent(now -> found.put(listed.key(), of(listed, now)));
                progress.run();
            } catch (MillraceException e) {
                if (e.code() == ErrorCode.PERMISSION_DENIED) {
                    forbidden.add(listed.key());
                } else {
                    failure.compareAndSet(null, e);
                }
            } catch (RuntimeException | Error e) {
                failure.compareAndSet(null, e);
            } finally {
                running.release();
                ended.release();
            }
        }

        /** Listings may tell times more finely, so what they say stays where it is the same. */
        private static ObjectStatus of(ObjectStatus listed, ObjectStatus now) {
            return now.objectVersion().equals(listed.objectVersion())
                    ? listed.withAttributes(now.attributes())
                    : now;
        }
    }
}
