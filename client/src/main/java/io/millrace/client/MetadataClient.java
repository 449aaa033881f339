package io.millrace.client;

import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.contracts.GrpcErrors;
import io.millrace.contracts.v1.AcknowledgeRequest;
import io.millrace.contracts.v1.MetadataServiceGrpc;
import io.millrace.contracts.v1.MetadataServiceGrpc.MetadataServiceBlockingStub;
import io.millrace.contracts.v1.VisibilityServiceGrpc;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Calls to metadata-service: counted, under a deadline, cancellable. */
final class MetadataClient implements AutoCloseable {

    private static final String SERVER = "metadata-service";

    /** What to do while the service cannot be reached. */
    enum Absence {
        /** Fail at once: something older can be used. */
        FAIL,
        /** Wait for it until the deadline. */
        WAIT
    }

    private static final Duration ACKNOWLEDGE = Duration.ofSeconds(2);
    private static final long FIRST_PAUSE_MILLIS = 50;
    private static final long LAST_PAUSE_MILLIS = 1_000;

    private final ManagedChannel channel;
    private final MetadataServiceBlockingStub stub;
    private final ClientSettings settings;
    private final ClientCounters counters;

    MetadataClient(ClientSettings settings, ClientCounters counters) {
        this.settings = settings;
        this.counters = counters;
        this.channel =
                NettyChannelBuilder.forAddress(settings.metadataHost(), settings.metadataPort())
                        .usePlaintext()
                        .maxInboundMessageSize(16 << 20)
                        .build();
        this.stub = MetadataServiceGrpc.newBlockingStub(channel);
    }

    /** For the watch, which has no deadline. */
    MetadataServiceBlockingStub streaming() {
        return stub.withWaitForReady();
    }

    /** Says what was applied of the watch stream; fails at once when nobody hears it. */
    void acknowledge(AcknowledgeRequest request) {
        try {
            var _ =
                    VisibilityServiceGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(ACKNOWLEDGE.toMillis(), TimeUnit.MILLISECONDS)
                            .acknowledge(request);
        } catch (RuntimeException e) {
            throw GrpcErrors.fromStatus(SERVER, e);
        }
    }

    /** Tries to connect now rather than after the back-off. */
    void reconnect() {
        channel.resetConnectBackoff();
    }

    /**
     * Calls. When the service is to be waited for, a call that it could not serve (it was ended
     * meanwhile, or is too busy) is made again until the deadline.
     *
     * @throws io.millrace.model.MillraceException as the service says, UNAVAILABLE,
     *     DEADLINE_EXCEEDED, INTERRUPTED
     */
    <T> T call(
            Absence absence,
            Cancellation cancellation,
            Function<MetadataServiceBlockingStub, T> call) {
        long deadline = System.nanoTime() + settings.metadataTimeout().toNanos();
        long pause = FIRST_PAUSE_MILLIS;
        while (true) {
            try {
                return callOnce(absence, cancellation, call, deadline);
            } catch (MillraceException e) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (absence == Absence.FAIL
                        || e.code().retry() != ErrorCode.Retry.AFTER_PAUSE
                        || left <= pause) {
                    throw e;
                }
            }
            cancellation.pause(pause);
            pause = Math.min(2 * pause, LAST_PAUSE_MILLIS);
        }
    }

    private <T> T callOnce(
            Absence absence,
            Cancellation cancellation,
            Function<MetadataServiceBlockingStub, T> call,
            long deadline) {
        cancellation.check();
        counters.metadataCalls.increment();
        MetadataServiceBlockingStub limited =
                stub.withDeadlineAfter(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (absence == Absence.WAIT) {
            limited = limited.withWaitForReady();
        }
        Context.CancellableContext context = Context.current().withCancellation();
        Context previous = context.attach();
        try (var _ = cancellation.onCancel(() -> context.cancel(null))) {
            return call.apply(limited);
        } catch (RuntimeException e) {
            throw GrpcErrors.fromStatus(SERVER, e);
        } finally {
            context.detach(previous);
            context.cancel(null);
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
