package io.millrace.bench.warm;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.Heartbeat;
import io.millrace.contracts.v1.Inode;
import io.millrace.contracts.v1.InodeKind;
import io.millrace.contracts.v1.LookupRequest;
import io.millrace.contracts.v1.LookupResponse;
import io.millrace.contracts.v1.MetadataServiceGrpc;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.MountTable;
import io.millrace.contracts.v1.ReadDirectoryRequest;
import io.millrace.contracts.v1.ReadDirectoryResponse;
import io.millrace.contracts.v1.ResolveRequest;
import io.millrace.contracts.v1.ResolveResponse;
import io.millrace.contracts.v1.Ring;
import io.millrace.contracts.v1.WatchEvent;
import io.millrace.contracts.v1.WatchRequest;
import io.millrace.contracts.v1.Worker;
import io.millrace.contracts.v1.WorkerState;
import io.millrace.model.FileSource;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A metadata-service with a namespace that never changes and one worker, whose cache directory is
 * on this host and which nobody has to ask. Written before it is served.
 */
final class FixedNamespace extends MetadataServiceGrpc.MetadataServiceImplBase
        implements AutoCloseable {

    static final long ROOT = 1;
    private static final long MOUNT_ID = 7;
    private static final long VALID_MILLIS = 3_600_000;
    private static final Path HOST_ID = Path.of("/proc/sys/kernel/random/boot_id");

    private final Map<Long, Inode> inodes = new HashMap<>();
    private final Map<Long, TreeMap<String, Long>> children = new HashMap<>();
    private final List<StreamObserver<WatchEvent>> watchers = new CopyOnWriteArrayList<>();
    private final ScheduledExecutorService heart =
            Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().factory());
    private final Server server;
    private final WatchEvent ring;
    private long nextInode = ROOT;

    FixedNamespace(Path cache) throws IOException {
        put(0, "", InodeKind.INODE_KIND_DIRECTORY, Inode.newBuilder());
        Worker worker =
                Worker.newBuilder()
                        .setId("bench")
                        .setHost("127.0.0.1")
                        .setHostId(Files.readString(HOST_ID).strip())
                        .addCacheDirectories(cache.toString())
                        .setWeight(1)
                        .setState(WorkerState.WORKER_STATE_LIVE)
                        .build();
        ring =
                WatchEvent.newBuilder()
                        .setRing(Ring.newBuilder().setEpoch(1).setSlots(64).addWorkers(worker))
                        .build();
        server =
                NettyServerBuilder.forAddress(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        .addService(this)
                        .build();
    }

    long directory(long parent, String name) {
        return put(parent, name, InodeKind.INODE_KIND_DIRECTORY, Inode.newBuilder());
    }

    /** Adds a file; the answer names its bytes. */
    FileSource file(long parent, String name, String key, long length) {
        FileSource source = new FileSource(MOUNT_ID, key, "v1", length);
        put(
                parent,
                name,
                InodeKind.INODE_KIND_FILE,
                Inode.newBuilder().setSource(Messages.toMessage(source)));
        return source;
    }

    private long put(long parent, String name, InodeKind kind, Inode.Builder inode) {
        long id = nextInode++;
        inodes.put(
                id,
                inode.setId(id)
                        .setParentId(parent)
                        .setName(name)
                        .setKind(kind)
                        .setModifiedMillis(1_700_000_000_000L)
                        .build());
        children.put(id, new TreeMap<>());
        if (parent != 0) {
            children(parent).put(name, id);
        }
        return id;
    }

    void start() throws IOException {
        server.start();
        var _ = heart.scheduleAtFixedRate(this::beat, 1, 1, TimeUnit.SECONDS);
    }

    int port() {
        return server.getPort();
    }

    private void beat() {
        watchers.forEach(watcher ->
                watcher.onNext(
                        WatchEvent.newBuilder().setHeartbeat(Heartbeat.newBuilder()).build()));
    }

    private TreeMap<String, Long> children(long directory) {
        return children.getOrDefault(directory, new TreeMap<>());
    }

    private Inode inode(long id) {
        Inode inode = inodes.get(id);
        if (inode == null) {
            throw new IllegalStateException("no inode " + id);
        }
        return inode;
    }

    @Override
    public void watch(WatchRequest request, StreamObserver<WatchEvent> observer) {
        observer.onNext(ring);
        observer.onNext(
                WatchEvent.newBuilder()
                        .setMounts(
                                MountTable.newBuilder()
                                        .addMounts(Mount.newBuilder().setId(MOUNT_ID).setPath("/")))
                        .build());
        ((io.grpc.stub.ServerCallStreamObserver<WatchEvent>) observer)
                .setOnCancelHandler(() -> watchers.remove(observer));
        watchers.add(observer);
    }

    @Override
    public void resolve(ResolveRequest request, StreamObserver<ResolveResponse> observer) {
        observer.onNext(
                ResolveResponse.newBuilder()
                        .setValidMillis(VALID_MILLIS)
                        .setFound(true)
                        .addInodes(inode(ROOT))
                        .build());
        observer.onCompleted();
    }

    @Override
    public void lookup(LookupRequest request, StreamObserver<LookupResponse> observer) {
        LookupResponse.Builder answer = LookupResponse.newBuilder().setValidMillis(VALID_MILLIS);
        Long child = children(request.getParentId()).get(request.getName());
        if (child != null) {
            answer.setInode(inode(child));
        }
        observer.onNext(answer.build());
        observer.onCompleted();
    }

    @Override
    public void readDirectory(
            ReadDirectoryRequest request, StreamObserver<ReadDirectoryResponse> observer) {
        ReadDirectoryResponse.Builder answer =
                ReadDirectoryResponse.newBuilder().setValidMillis(VALID_MILLIS);
        List<Long> rest =
                new ArrayList<>(
                        children(request.getInodeId())
                                .tailMap(request.getAfterName(), false)
                                .values());
        rest.stream().limit(request.getLimit()).forEach(id -> answer.addEntries(inode(id)));
        answer.setMore(rest.size() > request.getLimit());
        observer.onNext(answer.build());
        observer.onCompleted();
    }

    @Override
    public void close() {
        heart.shutdownNow();
        server.shutdownNow();
    }
}
