package io.millrace.block.cluster;

import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.millrace.contracts.v1.MetadataServiceGrpc;
import io.millrace.contracts.v1.WatchEvent;
import io.millrace.contracts.v1.WatchRequest;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One watch stream, until it ends, falls silent, or is closed. */
final class WatchStream implements AutoCloseable {

    private static final Logger LOG = System.getLogger(WatchStream.class.getName());

    private volatile @Nullable ClientCallStreamObserver<WatchRequest> call;
    private volatile long heardNanos = System.nanoTime();
    private volatile boolean ended;

    WatchStream(ManagedChannel channel, String subscriber, Consumer<WatchEvent> events) {
        MetadataServiceGrpc.newStub(channel)
                .watch(
                        WatchRequest.newBuilder().setSubscriber("worker " + subscriber).build(),
                        new ClientResponseObserver<WatchRequest, WatchEvent>() {
                            @Override
                            public void beforeStart(ClientCallStreamObserver<WatchRequest> stream) {
                                call = stream;
                            }

                            @Override
                            public void onNext(WatchEvent event) {
                                heardNanos = System.nanoTime();
                                try {
                                    events.accept(event);
                                } catch (RuntimeException e) {
                                    LOG.log(
                                            Level.WARNING,
                                            "watch event not understood: {0}",
                                            e.getMessage());
                                }
                            }

                            @Override
                            public void onError(Throwable failure) {
                                ended = true;
                            }

                            @Override
                            public void onCompleted() {
                                ended = true;
                            }
                        });
    }

    boolean isAlive(Duration silence) {
        return !ended && System.nanoTime() - heardNanos < silence.toNanos();
    }

    @Override
    public void close() {
        ClientCallStreamObserver<WatchRequest> started = call;
        if (started != null && !ended) {
            started.cancel("the worker begins anew or stops", null);
        }
    }
}
