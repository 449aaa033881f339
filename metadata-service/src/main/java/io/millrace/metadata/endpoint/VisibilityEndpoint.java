package io.millrace.metadata.endpoint;

import io.grpc.stub.StreamObserver;
import io.millrace.contracts.GrpcCalls;
import io.millrace.contracts.v1.AcknowledgeRequest;
import io.millrace.contracts.v1.AcknowledgeResponse;
import io.millrace.contracts.v1.AwaitVisibleRequest;
import io.millrace.contracts.v1.AwaitVisibleResponse;
import io.millrace.contracts.v1.VisibilityServiceGrpc;
import io.millrace.metadata.visibility.Visibility;
import io.millrace.metadata.visibility.Watchers;
import io.millrace.model.NamespacePath;
import io.quarkus.grpc.GrpcService;
import java.time.Duration;

/** The gRPC service for waiting until agents show what the bucket holds. */
@GrpcService
public class VisibilityEndpoint extends VisibilityServiceGrpc.VisibilityServiceImplBase {

    private final Visibility visibility;
    private final Watchers watchers;

    VisibilityEndpoint(Visibility visibility, Watchers watchers) {
        this.visibility = visibility;
        this.watchers = watchers;
    }

    @Override
    public void acknowledge(
            AcknowledgeRequest request, StreamObserver<AcknowledgeResponse> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    if (request.getLeaving()) {
                        watchers.left(request.getWatchId());
                    } else {
                        watchers.acknowledged(request.getWatchId(), request.getSequence());
                    }
                    return AcknowledgeResponse.getDefaultInstance();
                });
    }

    @Override
    public void awaitVisible(
            AwaitVisibleRequest request, StreamObserver<AwaitVisibleResponse> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    Visibility.Seen seen =
                            visibility.await(
                                    NamespacePath.parse(request.getPath()),
                                    request.getObjectVersion(),
                                    Duration.ofMillis(request.getTimeoutMillis()));
                    return AwaitVisibleResponse.newBuilder()
                            .setVisible(seen.visible())
                            .setObjectVersion(seen.objectVersion())
                            .setAgents(seen.agents())
                            .addAllMissing(seen.missing())
                            .build();
                });
    }
}
