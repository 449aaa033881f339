package io.millrace.job.testing;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.millrace.contracts.GrpcErrors;
import io.millrace.contracts.v1.BeginSyncRequest;
import io.millrace.contracts.v1.Differences;
import io.millrace.contracts.v1.FileSource;
import io.millrace.contracts.v1.GetRingRequest;
import io.millrace.contracts.v1.Inode;
import io.millrace.contracts.v1.InodeKind;
import io.millrace.contracts.v1.ListMountsRequest;
import io.millrace.contracts.v1.ListMountsResponse;
import io.millrace.contracts.v1.ListPoliciesRequest;
import io.millrace.contracts.v1.MetadataServiceGrpc;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.MountOptions;
import io.millrace.contracts.v1.PathPolicy;
import io.millrace.contracts.v1.PolicyTable;
import io.millrace.contracts.v1.RemovePolicyRequest;
import io.millrace.contracts.v1.ResolveRequest;
import io.millrace.contracts.v1.ResolveResponse;
import io.millrace.contracts.v1.Ring;
import io.millrace.contracts.v1.SetPolicyRequest;
import io.millrace.contracts.v1.SyncStart;
import io.millrace.contracts.v1.WalkRequest;
import io.millrace.contracts.v1.WalkResponse;
import io.millrace.contracts.v1.WalkedFile;
import io.millrace.contracts.v1.Worker;
import io.millrace.contracts.v1.WorkerState;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** A metadata-service whose files and ring are set by the test; one mount, 1, at {@code /}. */
public final class FakeNamespace extends MetadataServiceGrpc.MetadataServiceImplBase
        implements AutoCloseable {

    /** Equal in all tests, for they share the topic. */
    public static final int SLOTS = 16;

    /** Of all files. */
    private static final long SINCE = 17;

    public static final Instant MODIFIED = Instant.parse("2026-11-27T00:00:00Z");

    public static final long BLOCK_BYTES = 1 << 20;

    private final Server server;
    private final NavigableMap<String, Long> files = new TreeMap<>();
    private final Map<String, Worker> workers = new TreeMap<>();
    private final Map<String, Integer> replicas = new TreeMap<>();
    private List<String> pinned = List.of();
    private long epoch = 1;
    private boolean away;
    private volatile Runnable beforeWalk = () -> {};

    public FakeNamespace() throws IOException {
        server =
                NettyServerBuilder.forAddress(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        .addService(this)
                        .build()
                        .start();
    }

    public String address() {
        return "127.0.0.1:" + server.getPort();
    }

    /** Makes it as it was when it was new, but for the epoch of its ring. */
    public synchronized void clear() {
        files.clear();
        workers.clear();
        replicas.clear();
        pinned = List.of();
        away = false;
        beforeWalk = () -> {};
        epoch++;
    }

    public synchronized void add(String path, long bytes) {
        files.put(path, bytes);
    }

    public synchronized void remove(String path) {
        files.remove(path);
    }

    /** Makes a worker live, with room for {@code capacity} bytes. */
    public synchronized void join(String worker, int controlPort, long capacity) {
        workers.put(
                worker,
                Worker.newBuilder()
                        .setId(worker)
                        .setHost("127.0.0.1")
                        .setControlPort(controlPort)
                        .setCapacityBytes(capacity)
                        .setUsedBytes(capacity / 10)
                        .setWeight(capacity)
                        .setState(WorkerState.WORKER_STATE_LIVE)
                        .build());
        epoch++;
    }

    public synchronized void leave(String worker) {
        workers.remove(worker);
        epoch++;
    }

    /** Lets what lies below {@code path} have so many replicas. */
    public synchronized void replicate(String path, int count) {
        replicas.put(path, count);
    }

    /** What is pinned now. */
    public synchronized List<String> pinned() {
        return pinned;
    }

    @Override
    public synchronized void setPolicy(
            SetPolicyRequest request, StreamObserver<PathPolicy> observer) {
        if (!request.getValidateOnly()) {
            pinned = List.of(request.getPolicy().getPath());
        }
        answer(observer, request.getPolicy());
    }

    @Override
    public synchronized void removePolicy(
            RemovePolicyRequest request, StreamObserver<PathPolicy> observer) {
        pinned = pinned.stream().filter(path -> !path.equals(request.getPath())).toList();
        answer(observer, PathPolicy.newBuilder().setPath(request.getPath()).build());
    }

    /** Pins just these. */
    public synchronized void pin(String... paths) {
        pinned = List.of(paths);
    }

    @Override
    public synchronized void listPolicies(
            ListPoliciesRequest request, StreamObserver<PolicyTable> observer) {
        PolicyTable.Builder table = PolicyTable.newBuilder();
        pinned.forEach(
                path -> table.addPolicies(PathPolicy.newBuilder().setPath(path).setPinned(true)));
        replicas.forEach((path, count) ->
                table.addPolicies(PathPolicy.newBuilder().setPath(path).setReplicas(count)));
        answer(observer, table.build());
    }

    /** Runs before the next page is answered, once. */
    public void beforeNextWalk(Runnable action) {
        beforeWalk = action;
    }

    /** While away, every call is answered UNAVAILABLE. */
    public synchronized void setAway(boolean away) {
        this.away = away;
    }

    public synchronized Ring ring() {
        return Ring.newBuilder()
                .setEpoch(epoch)
                .setSlots(SLOTS)
                .addAllWorkers(workers.values())
                .build();
    }

    /** What {@code path} is as an object. */
    public static FileSource source(String path, long bytes) {
        return FileSource.newBuilder()
                .setMountId(1)
                .setKey(path.substring(1))
                .setObjectVersion("v1")
                .setLength(bytes)
                .build();
    }

    @Override
    public synchronized void resolve(
            ResolveRequest request, StreamObserver<ResolveResponse> observer) {
        String path = request.getPath();
        ResolveResponse.Builder response =
                ResolveResponse.newBuilder()
                        .setFound(path.equals("/empty") || !below(path).isEmpty());
        if (files.containsKey(path)) {
            response.addInodes(
                    Inode.newBuilder()
                            .setKind(InodeKind.INODE_KIND_FILE)
                            .setSource(source(path, files.get(path))));
        }
        answer(observer, response.build());
    }

    @Override
    public void beginSync(BeginSyncRequest request, StreamObserver<SyncStart> observer) {
        answer(observer, SyncStart.newBuilder().setSince(SINCE).build());
    }

    @Override
    public void walk(WalkRequest request, StreamObserver<WalkResponse> observer) {
        Runnable action = beforeWalk;
        beforeWalk = () -> {};
        action.run();
        answerWalk(request, observer);
    }

    private synchronized void answerWalk(
            WalkRequest request, StreamObserver<WalkResponse> observer) {
        NavigableMap<String, Long> all = below(request.getPath());
        if (all.isEmpty() && !request.getPath().equals("/empty")) {
            observer.onError(
                    GrpcErrors.toStatus(
                            new MillraceException(
                                    ErrorCode.NOT_FOUND,
                                    "there is nothing at path '" + request.getPath() + "'")));
            return;
        }
        List<WalkedFile> page = new ArrayList<>();
        for (Map.Entry<String, Long> file : all.tailMap(request.getCursor(), false).entrySet()) {
            if (page.size() == request.getLimit()) {
                break;
            }
            page.add(
                    WalkedFile.newBuilder()
                            .setPath(file.getKey())
                            .setSource(source(file.getKey(), file.getValue()))
                            .setModifiedMillis(MODIFIED.toEpochMilli())
                            .build());
        }
        boolean more = !page.isEmpty() && !page.getLast().getPath().equals(all.lastKey());
        answer(
                observer,
                WalkResponse.newBuilder()
                        .addAllFiles(page)
                        .setDifferences(
                                Differences.newBuilder()
                                        .setAddedFiles(
                                                request.getSince() == SINCE ? page.size() : 0)
                                        .setDeletedFiles(more ? 1 : 0))
                        .setNextCursor(more ? page.getLast().getPath() : "")
                        .build());
    }

    private NavigableMap<String, Long> below(String path) {
        NavigableMap<String, Long> found = new TreeMap<>();
        files.forEach((file, bytes) -> {
            if (path.equals("/") || file.equals(path) || file.startsWith(path + "/")) {
                found.put(file, bytes);
            }
        });
        return found;
    }

    @Override
    public synchronized void getRing(GetRingRequest request, StreamObserver<Ring> observer) {
        answer(observer, ring());
    }

    @Override
    public synchronized void listMounts(
            ListMountsRequest request, StreamObserver<ListMountsResponse> observer) {
        answer(
                observer,
                ListMountsResponse.newBuilder()
                        .addMounts(
                                Mount.newBuilder()
                                        .setId(1)
                                        .setPath("/")
                                        .setOptions(
                                                MountOptions.newBuilder()
                                                        .setBlockBytes(BLOCK_BYTES)))
                        .build());
    }

    private <T> void answer(StreamObserver<T> observer, T answer) {
        if (away) {
            observer.onError(
                    GrpcErrors.toStatus(
                            new MillraceException(ErrorCode.UNAVAILABLE, "the namespace is away")));
            return;
        }
        observer.onNext(answer);
        observer.onCompleted();
    }

    @Override
    public void close() {
        server.shutdownNow();
        try {
            if (!server.awaitTermination(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the fake metadata-service did not stop");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
