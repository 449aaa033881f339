package io.millrace.client;

import io.millrace.contracts.v1.AcknowledgeRequest;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tells metadata-service what this process has applied of the watch stream, also to its kernel, so
 * that others can wait for it. One call at a time, for the newest sequence; {@code lock} guards
 * {@code heard}.
 */
final class Acknowledger implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Acknowledger.class.getName());
    private static final Duration APPLY = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final MetadataClient metadata;
    private final Namespace namespace;
    private final String watchId = UUID.randomUUID().toString();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition grown = lock.newCondition();
    private final Thread thread;
    private long heard;

    Acknowledger(MetadataClient metadata, Namespace namespace) {
        this.metadata = metadata;
        this.namespace = namespace;
        this.thread = Thread.ofPlatform().daemon().name("watch-acknowledge").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    String watchId() {
        return watchId;
    }

    /** The stream has told all up to {@code sequence}. */
    void heard(long sequence) {
        lock.lock();
        try {
            if (sequence > heard) {
                heard = sequence;
                grown.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        long acknowledged = 0;
        try {
            while (true) {
                long sequence = awaitMoreThan(acknowledged);
                if (namespace.awaitApplied(APPLY) && say(sequence)) {
                    acknowledged = sequence;
                }
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    private long awaitMoreThan(long acknowledged) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (heard <= acknowledged) {
                grown.await();
            }
            return heard;
        } finally {
            lock.unlock();
        }
    }

    private boolean say(long sequence) throws InterruptedException {
        try {
            metadata.acknowledge(
                    AcknowledgeRequest.newBuilder()
                            .setWatchId(watchId)
                            .setSequence(sequence)
                            .build());
            return true;
        } catch (MillraceException e) {
            if (e.code() == ErrorCode.INTERRUPTED) {
                throw new InterruptedException();
            }
            LOG.log(Level.DEBUG, () -> "event=acknowledge_failed reason=" + e.getMessage());
            Thread.sleep(PAUSE);
            return false;
        }
    }

    /** Says that this process is not to be waited for any more, when somebody hears it. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            metadata.acknowledge(
                    AcknowledgeRequest.newBuilder().setWatchId(watchId).setLeaving(true).build());
        } catch (MillraceException e) {
            LOG.log(Level.DEBUG, () -> "event=leave_failed reason=" + e.getMessage());
        }
    }
}
