package io.millrace.standalone.cli;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.AbstractBlockingStub;
import io.millrace.contracts.GrpcErrors;
import io.millrace.contracts.v1.AwaitVisibleRequest;
import io.millrace.contracts.v1.AwaitVisibleResponse;
import io.millrace.contracts.v1.JobServiceGrpc;
import io.millrace.contracts.v1.JobServiceGrpc.JobServiceBlockingStub;
import io.millrace.contracts.v1.MetadataServiceGrpc;
import io.millrace.contracts.v1.MetadataServiceGrpc.MetadataServiceBlockingStub;
import io.millrace.contracts.v1.VisibilityServiceGrpc;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The two services a command line talks to. Every call has a deadline, and fails in a sentence. */
public final class Services implements AutoCloseable {

    private static final Pattern ADDRESS = Pattern.compile("(?:\\[[0-9a-fA-F:.]+]|[^:/\\s]+):\\d+");

    private final Supplier<String> metadataAddress;
    private final Supplier<String> jobAddress;
    private final Duration timeout;
    private final List<ManagedChannel> channels = new ArrayList<>();
    private @Nullable Target metadata;
    private @Nullable Target jobs;

    public Services(
            Supplier<String> metadataAddress, Supplier<String> jobAddress, Duration timeout) {
        this.metadataAddress = metadataAddress;
        this.jobAddress = jobAddress;
        this.timeout = timeout;
    }

    /** Asks metadata-service. */
    public <R> R metadata(Function<MetadataServiceBlockingStub, R> call) {
        Target target = metadata();
        return target.ask(MetadataServiceGrpc.newBlockingStub(target.channel()), call);
    }

    private Target metadata() {
        if (metadata == null) {
            metadata = new Target("metadata-service", metadataAddress.get());
        }
        return metadata;
    }

    /** Asks metadata-service to wait until agents show something, for as long as that says. */
    public AwaitVisibleResponse awaitVisible(AwaitVisibleRequest request) {
        Target target = metadata();
        Duration longer = timeout.plusMillis(request.getTimeoutMillis());
        return target.ask(
                VisibilityServiceGrpc.newBlockingStub(target.channel()),
                longer,
                stub -> stub.awaitVisible(request));
    }

    /** Asks job-service. */
    public <R> R jobs(Function<JobServiceBlockingStub, R> call) {
        if (jobs == null) {
            jobs = new Target("job-service", jobAddress.get());
        }
        return jobs.ask(JobServiceGrpc.newBlockingStub(jobs.channel()), call);
    }

    /** One service at one address. */
    private final class Target {

        private final String subject;
        private final ManagedChannel channel;

        Target(String name, String address) {
            if (!ADDRESS.matcher(address).matches()) {
                throw new MillraceException(
                        ErrorCode.INVALID_ARGUMENT,
                        "'" + address + "' is not the address of a service: HOST:PORT");
            }
            this.subject = name + " at " + address;
            this.channel = NettyChannelBuilder.forTarget(address).usePlaintext().build();
            channels.add(channel);
        }

        Channel channel() {
            return channel;
        }

        <S extends AbstractBlockingStub<S>, R> R ask(S stub, Function<S, R> call) {
            return ask(stub, timeout, call);
        }

        <S extends AbstractBlockingStub<S>, R> R ask(S stub, Duration limit, Function<S, R> call) {
            try {
                return call.apply(stub.withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS));
            } catch (StatusRuntimeException e) {
                MillraceException failure = GrpcErrors.fromStatus(subject, e);
                Throwable cause = e.getStatus().getCause();
                if (failure.code() == ErrorCode.UNAVAILABLE && cause instanceof IOException) {
                    throw new MillraceException(
                            ErrorCode.UNAVAILABLE, subject + " cannot be reached", e);
                }
                throw failure;
            }
        }
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
    }
}
