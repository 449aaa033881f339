package io.millrace.console;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobKind;
import io.millrace.contracts.v1.JobServiceGrpc;
import io.millrace.contracts.v1.JobState;
import io.millrace.contracts.v1.ListJobsRequest;
import io.millrace.contracts.v1.ListJobsResponse;
import io.millrace.contracts.v1.ListMountsRequest;
import io.millrace.contracts.v1.ListMountsResponse;
import io.millrace.contracts.v1.ListWorkersRequest;
import io.millrace.contracts.v1.ListWorkersResponse;
import io.millrace.contracts.v1.MetadataServiceGrpc;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.Worker;
import io.millrace.contracts.v1.WorkerState;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A metadata-service with one mount and one worker on a real port, whose mount has a name as an
 * enemy would choose it, and no job-service at all.
 */
public final class StandInServices implements QuarkusTestResourceLifecycleManager {

    static final String HOSTILE = "/<img src=x onerror=alert(1)>";

    private @Nullable Server metadata;

    @Override
    public Map<String, String> start() {
        try {
            metadata =
                    NettyServerBuilder.forAddress(
                                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                            .addService(new Metadata())
                            .addService(new Jobs())
                            .build()
                            .start();
            int closed;
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                closed = socket.getLocalPort();
            }
            return Map.of(
                    "millrace.console.metadata-service",
                    "127.0.0.1:" + metadata.getPort(),
                    "millrace.console.job-service",
                    "127.0.0.1:" + closed,
                    "quarkus.http.test-port",
                    "0");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void stop() {
        Objects.requireNonNull(metadata).shutdownNow();
    }

    static final class Metadata extends MetadataServiceGrpc.MetadataServiceImplBase {

        @Override
        public void listMounts(
                ListMountsRequest request, StreamObserver<ListMountsResponse> answer) {
            answer.onNext(
                    ListMountsResponse.newBuilder()
                            .addMounts(Mount.newBuilder().setPath(HOSTILE).setUri("s3://b/"))
                            .build());
            answer.onCompleted();
        }

        @Override
        public void listWorkers(
                ListWorkersRequest request, StreamObserver<ListWorkersResponse> answer) {
            answer.onNext(
                    ListWorkersResponse.newBuilder()
                            .addWorkers(
                                    Worker.newBuilder()
                                            .setId("w1")
                                            .setHost("127.0.0.1")
                                            .setDataPort(7500)
                                            .setCapacityBytes(1000)
                                            .setUsedBytes(250)
                                            .setState(WorkerState.WORKER_STATE_LIVE))
                            .build());
            answer.onCompleted();
        }
    }

    static final class Jobs extends JobServiceGrpc.JobServiceImplBase {

        @Override
        public void list(ListJobsRequest request, StreamObserver<ListJobsResponse> answer) {
            answer.onNext(
                    ListJobsResponse.newBuilder()
                            .addJobs(
                                    Job.newBuilder()
                                            .setId("1")
                                            .setKind(JobKind.JOB_KIND_LOAD)
                                            .setState(JobState.JOB_STATE_RUNNING))
                            .build());
            answer.onCompleted();
        }
    }
}
