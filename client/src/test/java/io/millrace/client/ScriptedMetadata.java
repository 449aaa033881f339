package io.millrace.client;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.contracts.GrpcErrors;
import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.Heartbeat;
import io.millrace.contracts.v1.Inode;
import io.millrace.contracts.v1.InodeKind;
import io.millrace.contracts.v1.Invalidation;
import io.millrace.contracts.v1.LookupRequest;
import io.millrace.contracts.v1.LookupResponse;
import io.millrace.contracts.v1.MetadataServiceGrpc;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.MountTable;
import io.millrace.contracts.v1.ReadDirectoryRequest;
import io.millrace.contracts.v1.ReadDirectoryResponse;
import io.millrace.contracts.v1.ResolveRequest;
import io.millrace.contracts.v1.ResolveResponse;
import io.millrace.contracts.v1.Resync;
import io.millrace.contracts.v1.Ring;
import io.millrace.contracts.v1.WatchEvent;
import io.millrace.contracts.v1.WatchRequest;
import io.millrace.contracts.v1.Worker;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.ObjectAttributes;
import io.millrace.model.PathPolicies;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A metadata-service whose namespace a test writes, over real gRPC on loopback. The monitor of this
 * guards everything.
 */
public final class ScriptedMetadata extends MetadataServiceGrpc.MetadataServiceImplBase
        implements AutoCloseable {

    public static final long ROOT = 1;
    public static final long MOUNT_ID = 7;

    private final Map<Long, Inode> inodes = new HashMap<>();
    private final Map<Long, TreeMap<String, Long>> children = new HashMap<>();
    private final Map<Long, Generated> generated = new HashMap<>();
    private final List<StreamObserver<WatchEvent>> watchers = new ArrayList<>();
    private final ScheduledExecutorService heart =
            Executors.newSingleThreadScheduledExecutor(Thread.ofVirtual().factory());
    private Server server;
    private int port;
    private long nextInode = ROOT + 1;
    private long sequence = 1;
    private Ring ring = Ring.newBuilder().setEpoch(1).setSlots(64).build();
    private PathPolicies policies = PathPolicies.NONE;
    private Mount mount = Mount.newBuilder().setId(MOUNT_ID).setPath("/").build();
    public volatile long validMillis = 600_000;

    /** Lookups and pages are not answered. */
    public volatile boolean hanging;

    /** Watchers hear nothing more, and are not told that; nor do new ones hear anything. */
    public volatile boolean silent;

    /** Answers to lookups wait for this when they are made. */
    public volatile CountDownLatch held = new CountDownLatch(0);

    public final AtomicInteger lookups = new AtomicInteger();

    /** So many lookups fail with UNAVAILABLE. */
    public final AtomicInteger failures = new AtomicInteger();

    public final AtomicInteger pages = new AtomicInteger();
    public final AtomicInteger watches = new AtomicInteger();

    public ScriptedMetadata() throws IOException {
        inodes.put(
                ROOT,
                Inode.newBuilder().setId(ROOT).setKind(InodeKind.INODE_KIND_DIRECTORY).build());
        children.put(ROOT, new TreeMap<>());
        server = start(0);
        port = server.getPort();
        var _ = heart.scheduleAtFixedRate(this::heartbeat, 1, 1, TimeUnit.SECONDS);
    }

    private Server start(int port) throws IOException {
        return NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .addService(this)
                .build()
                .start();
    }

    public int port() {
        return port;
    }

    /** The service is gone; connections break. */
    public void stop() throws InterruptedException {
        server.shutdownNow();
        server.awaitTermination(10, TimeUnit.SECONDS);
        synchronized (this) {
            watchers.clear();
        }
    }

    /** It is back, at the same port. */
    public void restart() throws IOException {
        server = start(port);
    }

    public synchronized long directory(long parent, String name) {
        return put(parent, name, null);
    }

    /** A directory of files {@code f0000000} to as many, which all have the bytes of one. */
    public synchronized long directory(long parent, String name, int files, FileSource source) {
        long id = put(parent, name, null);
        long first = nextInode;
        nextInode += files;
        Inode model =
                Inode.newBuilder()
                        .setParentId(id)
                        .setModifiedMillis(1_700_000_000_000L)
                        .setKind(InodeKind.INODE_KIND_FILE)
                        .setSource(Messages.toMessage(source))
                        .build();
        generated.put(id, new Generated(first, files, model));
        return id;
    }

    /** Files that are made when they are asked for. */
    private record Generated(long firstId, int files, Inode model) {

        Inode at(int index) {
            return model.toBuilder()
                    .setId(firstId + index)
                    .setName("f%07d".formatted(index))
                    .build();
        }

        /** Negative: there is none. */
        int index(String name) {
            int index = name.matches("f[0-9]{7}") ? Integer.parseInt(name, 1, 8, 10) : -1;
            return index < files ? index : -1;
        }
    }

    public synchronized long file(long parent, String name, FileSource source) {
        return put(parent, name, source);
    }

    private long put(long parent, String name, @Nullable FileSource source) {
        Long known = children(parent).get(name);
        long id = known == null ? nextInode++ : known;
        Inode.Builder inode =
                Inode.newBuilder()
                        .setId(id)
                        .setParentId(parent)
                        .setName(name)
                        .setModifiedMillis(1_700_000_000_000L)
                        .setKind(
                                source == null
                                        ? InodeKind.INODE_KIND_DIRECTORY
                                        : InodeKind.INODE_KIND_FILE);
        if (source != null) {
            inode.setSource(Messages.toMessage(source));
        } else {
            children.putIfAbsent(id, new TreeMap<>());
        }
        inodes.put(id, inode.build());
        children(parent).put(name, id);
        return id;
    }

    /** What the object of a file says of it from now on. */
    public synchronized void describe(long parent, String name, ObjectAttributes attributes) {
        inodes.computeIfPresent(
                children(parent).get(name),
                (_, known) ->
                        known.toBuilder().setAttributes(Messages.toMessage(attributes)).build());
    }

    public synchronized void remove(long parent, String name) {
        children(parent).remove(name);
    }

    /** Tells the watchers that a name has changed. */
    public synchronized void invalidate(long parent, String name) {
        send(
                WatchEvent.newBuilder()
                        .setSequence(++sequence)
                        .setInvalidation(
                                Invalidation.newBuilder().setParentId(parent).setName(name))
                        .build());
    }

    public synchronized void resync() {
        send(
                WatchEvent.newBuilder()
                        .setSequence(++sequence)
                        .setResync(Resync.getDefaultInstance())
                        .build());
    }

    private synchronized void heartbeat() {
        send(
                WatchEvent.newBuilder()
                        .setHeartbeat(Heartbeat.newBuilder().setSequence(sequence))
                        .build());
    }

    public synchronized void workers(List<Worker> workers) {
        ring =
                ring.toBuilder()
                        .setEpoch(ring.getEpoch() + 1)
                        .clearWorkers()
                        .addAllWorkers(workers)
                        .build();
        send(WatchEvent.newBuilder().setRing(ring).build());
    }

    public synchronized void mount(Mount changed) {
        mount = changed;
        send(mounts());
    }

    private void send(WatchEvent event) {
        if (silent) {
            return;
        }
        watchers.forEach(watcher -> watcher.onNext(event));
    }

    public synchronized void policies(PathPolicies changed) {
        policies = changed;
        send(policies());
    }

    private WatchEvent policies() {
        return WatchEvent.newBuilder().setPolicies(Messages.toMessage(policies)).build();
    }

    private WatchEvent mounts() {
        return WatchEvent.newBuilder().setMounts(MountTable.newBuilder().addMounts(mount)).build();
    }

    private TreeMap<String, Long> children(long directory) {
        TreeMap<String, Long> found = children.get(directory);
        if (found == null) {
            throw new MillraceException(
                    ErrorCode.NOT_FOUND, "directory " + directory + " does not exist");
        }
        return found;
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
        watches.incrementAndGet();
        synchronized (this) {
            if (!silent) {
                observer.onNext(WatchEvent.newBuilder().setRing(ring).build());
                observer.onNext(mounts());
                observer.onNext(policies());
            }
            watchers.add(observer);
        }
        ((ServerCallStreamObserver<WatchEvent>) observer)
                .setOnCancelHandler(() -> {
                    synchronized (this) {
                        watchers.remove(observer);
                    }
                });
    }

    @Override
    public synchronized void resolve(
            ResolveRequest request, StreamObserver<ResolveResponse> observer) {
        ResolveResponse.Builder answer = ResolveResponse.newBuilder().setValidMillis(validMillis);
        long at = ROOT;
        answer.addInodes(inode(at));
        boolean found = true;
        for (String name : NamespacePath.parse(request.getPath()).components()) {
            Long child = children.getOrDefault(at, new TreeMap<>()).get(name);
            if (child == null) {
                found = false;
                break;
            }
            at = child;
            answer.addInodes(inode(at));
        }
        observer.onNext(answer.setFound(found).build());
        observer.onCompleted();
    }

    @Override
    public void lookup(LookupRequest request, StreamObserver<LookupResponse> observer) {
        lookups.incrementAndGet();
        if (hanging) {
            return;
        }
        if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            observer.onError(
                    GrpcErrors.toStatus(
                            new MillraceException(ErrorCode.UNAVAILABLE, "as the test wants it")));
            return;
        }
        try {
            LookupResponse.Builder answer = LookupResponse.newBuilder().setValidMillis(validMillis);
            synchronized (this) {
                Generated many = generated.get(request.getParentId());
                Long child = children(request.getParentId()).get(request.getName());
                if (many != null && many.index(request.getName()) >= 0) {
                    answer.setInode(many.at(many.index(request.getName())));
                } else if (child != null) {
                    answer.setInode(inode(child));
                }
            }
            held.await();
            observer.onNext(answer.build());
            observer.onCompleted();
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts a call", e);
        } catch (MillraceException e) {
            observer.onError(GrpcErrors.toStatus(e));
        }
    }

    @Override
    public synchronized void readDirectory(
            ReadDirectoryRequest request, StreamObserver<ReadDirectoryResponse> observer) {
        pages.incrementAndGet();
        if (hanging) {
            return;
        }
        ReadDirectoryResponse.Builder answer =
                ReadDirectoryResponse.newBuilder().setValidMillis(validMillis);
        Generated many = generated.get(request.getInodeId());
        if (many != null) {
            int first = many.index(request.getAfterName()) + 1;
            int last = Math.min(first + request.getLimit(), many.files());
            for (int i = first; i < last; i++) {
                answer.addEntries(many.at(i));
            }
            answer.setMore(last < many.files());
        }
        var rest = children(request.getInodeId()).tailMap(request.getAfterName(), false);
        for (long id : rest.values()) {
            if (answer.getEntriesCount() == request.getLimit()) {
                answer.setMore(true);
                break;
            }
            answer.addEntries(inode(id));
        }
        observer.onNext(answer.build());
        observer.onCompleted();
    }

    @Override
    public void close() throws InterruptedException {
        heart.shutdownNow();
        stop();
    }
}
