package io.millrace.block.process;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.millrace.contracts.GrpcErrors;
import io.millrace.contracts.v1.DeregisterWorkerRequest;
import io.millrace.contracts.v1.DeregisterWorkerResponse;
import io.millrace.contracts.v1.ListMountsRequest;
import io.millrace.contracts.v1.ListMountsResponse;
import io.millrace.contracts.v1.MetadataServiceGrpc;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.MountTable;
import io.millrace.contracts.v1.RegisterWorkerRequest;
import io.millrace.contracts.v1.RenewLeaseRequest;
import io.millrace.contracts.v1.Ring;
import io.millrace.contracts.v1.WatchEvent;
import io.millrace.contracts.v1.WatchRequest;
import io.millrace.contracts.v1.Worker;
import io.millrace.contracts.v1.WorkerLease;
import io.millrace.contracts.v1.WorkerState;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The metadata-service's part that a worker talks to, over real gRPC. */
final class ScriptedMetadataService implements AutoCloseable {

    final Map<String, Worker> workers = new ConcurrentHashMap<>();
    final AtomicInteger renewals = new AtomicInteger();
    final List<String> left = new CopyOnWriteArrayList<>();
    private final Server server;

    ScriptedMetadataService(Mount mount) throws IOException {
        server =
                NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                        .addService(new Service(mount))
                        .build()
                        .start();
    }

    String address() {
        return "127.0.0.1:" + server.getPort();
    }

    @Override
    public void close() {
        try {
            server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Service extends MetadataServiceGrpc.MetadataServiceImplBase {

        private final Mount mount;

        Service(Mount mount) {
            this.mount = mount;
        }

        @Override
        public void listMounts(
                ListMountsRequest request, StreamObserver<ListMountsResponse> response) {
            response.onNext(ListMountsResponse.newBuilder().addMounts(mount).build());
            response.onCompleted();
        }

        @Override
        public void registerWorker(
                RegisterWorkerRequest request, StreamObserver<WorkerLease> response) {
            workers.put(request.getWorker().getId(), request.getWorker());
            lease(response);
        }

        @Override
        public void renewLease(RenewLeaseRequest request, StreamObserver<WorkerLease> response) {
            if (!workers.containsKey(request.getWorkerId())) {
                response.onError(
                        GrpcErrors.toStatus(
                                new MillraceException(ErrorCode.NOT_FOUND, "no such worker")));
                return;
            }
            renewals.incrementAndGet();
            lease(response);
        }

        @Override
        public void deregisterWorker(
                DeregisterWorkerRequest request,
                StreamObserver<DeregisterWorkerResponse> response) {
            left.add(request.getWorkerId());
            response.onNext(DeregisterWorkerResponse.getDefaultInstance());
            response.onCompleted();
        }

        @Override
        public void watch(WatchRequest request, StreamObserver<WatchEvent> response) {
            Ring.Builder ring = Ring.newBuilder().setEpoch(1).setSlots(8);
            workers.values()
                    .forEach(worker ->
                            ring.addWorkers(
                                    worker.toBuilder().setState(WorkerState.WORKER_STATE_LIVE)));
            response.onNext(WatchEvent.newBuilder().setRing(ring).build());
            response.onNext(
                    WatchEvent.newBuilder()
                            .setMounts(MountTable.newBuilder().addMounts(mount))
                            .build());
        }

        private static void lease(StreamObserver<WorkerLease> response) {
            response.onNext(WorkerLease.newBuilder().setRingEpoch(1).setLeaseMillis(4_000).build());
            response.onCompleted();
        }
    }
}
