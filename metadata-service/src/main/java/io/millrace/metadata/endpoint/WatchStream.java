package io.millrace.metadata.endpoint;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.millrace.contracts.GrpcErrors;
import io.millrace.contracts.v1.WatchEvent;
import io.millrace.metadata.changes.Change;
import io.millrace.metadata.changes.ChangeFeed;
import io.millrace.metadata.mounts.MountTable;
import io.millrace.metadata.policies.PolicyTable;
import io.millrace.metadata.workers.WorkerRegistry;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * One subscriber: tells it the ring, the mounts and the policies, then each change after its
 * position. It holds no queue: it takes changes from the feed as fast as the subscriber reads them,
 * and a subscriber that falls behind what the log keeps is told to start over.
 */
final class WatchStream implements Runnable {

    private static final int PAGE = 500;
    private static final Duration NOT_READY_PAUSE = Duration.ofMillis(10);

    private final ServerCallStreamObserver<WatchEvent> observer;
    private final ChangeFeed feed;
    private final MountTable mounts;
    private final PolicyTable policies;
    private final WorkerRegistry workers;
    private final Duration heartbeat;
    private final BooleanSupplier stopped;
    private final Runnable ended;
    private final Consumer<Long> began;
    private long position;

    WatchStream(
            ServerCallStreamObserver<WatchEvent> observer,
            ChangeFeed feed,
            MountTable mounts,
            PolicyTable policies,
            WorkerRegistry workers,
            long afterSequence,
            Duration heartbeat,
            BooleanSupplier stopped,
            Consumer<Long> began,
            Runnable ended) {
        this.observer = observer;
        this.feed = feed;
        this.mounts = mounts;
        this.policies = policies;
        this.workers = workers;
        this.heartbeat = heartbeat;
        this.stopped = stopped;
        this.began = began;
        this.ended = ended;
        this.position = afterSequence == 0 ? feed.last() : afterSequence;
    }

    @Override
    public void run() {
        try {
            began.accept(position);
            sendState();
            observer.onNext(ProtoMapper.heartbeat(position));
            while (!observer.isCancelled() && !stopped.getAsBoolean()) {
                step();
            }
            if (!observer.isCancelled()) {
                observer.onError(
                        Status.UNAVAILABLE
                                .withDescription("metadata-service is stopping")
                                .asRuntimeException());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            if (!observer.isCancelled()) {
                observer.onError(GrpcErrors.toStatus(e));
            }
        } finally {
            ended.run();
        }
    }

    private void step() throws InterruptedException {
        if (!observer.isReady()) {
            // The subscriber reads more slowly than changes come.
            Thread.sleep(NOT_READY_PAUSE);
            return;
        }
        switch (feed.after(position, PAGE, heartbeat)) {
            case ChangeFeed.Next.Lost(long sequence) -> {
                position = sequence;
                sendState();
                observer.onNext(ProtoMapper.resync(sequence));
            }
            case ChangeFeed.Next.Changes(var changes) -> {
                boolean told = false;
                for (Change.Logged logged : changes) {
                    told |= tell(logged);
                    position = logged.sequence();
                }
                if (!told) {
                    observer.onNext(ProtoMapper.heartbeat(position));
                }
            }
        }
    }

    private boolean tell(Change.Logged logged) {
        switch (logged.change()) {
            case Change.Name name ->
                    observer.onNext(ProtoMapper.invalidation(logged.sequence(), name));
            case Change.Mounts _ -> observer.onNext(ProtoMapper.mountsEvent(mounts.known()));
            case Change.Ring _ -> observer.onNext(ProtoMapper.ringEvent(workers.known()));
            case Change.Policies _ -> observer.onNext(ProtoMapper.policiesEvent(policies.known()));
        }
        return logged.change() instanceof Change.Name;
    }

    private void sendState() {
        observer.onNext(ProtoMapper.ringEvent(workers.workers()));
        observer.onNext(ProtoMapper.mountsEvent(mounts.refresh()));
        observer.onNext(ProtoMapper.policiesEvent(policies.all()));
    }
}
