package io.millrace.client;

import io.grpc.Context;
import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.Invalidation;
import io.millrace.contracts.v1.WatchEvent;
import io.millrace.contracts.v1.WatchRequest;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Follows metadata-service's watch stream: the ring, the mount table, the policies, and what
 * changed in the namespace. Reconnects for ever; a stream that is silent for longer than the
 * service's heartbeats allow is given up. While there is none nothing tells of changes, so nothing
 * that is known is believed, whether it was learnt before or meanwhile; what changed meanwhile is
 * told when the stream goes on where it stopped.
 *
 * <p>One thread follows, another watches the silence; what they share is volatile.
 */
final class Watch implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Watch.class.getName());
    private static final Duration SILENCE = Duration.ofSeconds(15);
    private static final Duration SILENCE_CHECK = Duration.ofSeconds(1);

    /** How long a stream may be away before what is cached is no longer believed. */
    private static final Duration ABSENCE = Duration.ofSeconds(2);

    private static final long FIRST_PAUSE_MILLIS = 100;
    private static final long LAST_PAUSE_MILLIS = 2_000;

    private final MetadataClient metadata;
    private final Cluster cluster;
    private final Namespace namespace;
    private final String subscriber;
    private final Acknowledger acknowledger;
    private final CountDownLatch ringKnown = new CountDownLatch(1);
    private final CountDownLatch mountsKnown = new CountDownLatch(1);
    private volatile long lastHeard = System.nanoTime();
    private volatile long opened = lastHeard;
    private volatile boolean connected;
    private volatile boolean closed;
    private volatile Context.@Nullable CancellableContext stream;
    private long lastSequence;
    private volatile boolean connectedBefore;
    private final Thread follower;
    private final Thread guard;

    Watch(MetadataClient metadata, Cluster cluster, Namespace namespace, String subscriber) {
        this.metadata = metadata;
        this.cluster = cluster;
        this.namespace = namespace;
        this.subscriber = subscriber;
        this.acknowledger = new Acknowledger(metadata, namespace);
        this.follower = Thread.ofPlatform().daemon().name("watch").unstarted(this::follow);
        this.guard = Thread.ofPlatform().daemon().name("watch-guard").unstarted(this::guard);
    }

    void start() {
        follower.start();
        guard.start();
        acknowledger.start();
    }

    /** Waits until the ring and the mounts are known; false: not in time. */
    boolean awaitFirst(Duration timeout) throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        return ringKnown.await(timeout.toNanos(), TimeUnit.NANOSECONDS)
                && mountsKnown.await(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
        closed = true;
        follower.interrupt();
        guard.interrupt();
        cancelStream();
        acknowledger.close();
    }

    private void follow() {
        long pause = FIRST_PAUSE_MILLIS;
        while (!closed) {
            try {
                if (followOnce()) {
                    pause = FIRST_PAUSE_MILLIS;
                }
                Thread.sleep(pause);
                pause = Math.min(pause * 2, LAST_PAUSE_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** One stream until it ends; says whether anything came. */
    private boolean followOnce() {
        boolean heard = false;
        Context.CancellableContext context = Context.ROOT.withCancellation();
        Context previous = context.attach();
        try {
            metadata.reconnect();
            opened = System.nanoTime();
            stream = context;
            WatchRequest request =
                    WatchRequest.newBuilder()
                            .setAfterSequence(lastSequence)
                            .setSubscriber(subscriber)
                            .setWatchId(acknowledger.watchId())
                            .build();
            Iterator<WatchEvent> events = metadata.streaming().watch(request);
            while (!closed && events.hasNext()) {
                WatchEvent event = events.next();
                lastHeard = System.nanoTime();
                if (!heard) {
                    heard = true;
                    connected();
                }
                apply(event);
            }
        } catch (RuntimeException e) {
            if (!closed) {
                LOG.log(Level.DEBUG, () -> "event=watch_lost reason=" + e.getMessage());
            }
        } finally {
            context.detach(previous);
            context.cancel(null);
            connected = false;
        }
        return heard;
    }

    private void connected() {
        // Without a sequence to resume from, what changed while nobody listened is not known.
        if (connectedBefore && lastSequence == 0) {
            namespace.invalidateAll();
        }
        connectedBefore = true;
        connected = true;
        LOG.log(Level.DEBUG, () -> "event=watch_connected after=" + lastSequence);
    }

    private void apply(WatchEvent event) {
        switch (event.getEventCase()) {
            case RING -> {
                cluster.ring(event.getRing());
                ringKnown.countDown();
            }
            case MOUNTS -> {
                cluster.mounts(event.getMounts().getMountsList());
                mountsKnown.countDown();
            }
            case INVALIDATION -> {
                Invalidation change = event.getInvalidation();
                namespace.invalidate(change.getParentId(), change.getName());
            }
            case RESYNC -> namespace.invalidateAll();
            case HEARTBEAT ->
                    lastSequence = Math.max(lastSequence, event.getHeartbeat().getSequence());
            case POLICIES -> cluster.policies(Messages.fromMessage(event.getPolicies()));
            // A newer server's event.
            case EVENT_NOT_SET -> {}
        }
        lastSequence = Math.max(lastSequence, event.getSequence());
        acknowledger.heard(lastSequence);
    }

    private void guard() {
        try {
            boolean believed = true;
            while (!closed) {
                Thread.sleep(SILENCE_CHECK);
                long now = System.nanoTime();
                long silence = now - lastHeard;
                boolean silent = silence > SILENCE.toNanos();
                if (silent && now - opened > SILENCE.toNanos()) {
                    opened = now;
                    cancelStream();
                }
                boolean absent = silent || (!connected && silence > ABSENCE.toNanos());
                if (absent && believed && connectedBefore) {
                    LOG.log(Level.INFO, "event=watch_absent silent_millis=" + silence / 1_000_000);
                    namespace.watchLost();
                }
                if (!absent && !believed) {
                    namespace.watchFound();
                }
                believed = !absent;
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    private void cancelStream() {
        Context.CancellableContext current = stream;
        if (current != null) {
            current.cancel(null);
        }
    }
}
