package io.millrace.agent.fuse;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A file system in memory that every binding is tested with. Content is computed from a file's
 * seed, so that any byte can be checked. Can be told to wait, to fail, and to stand still.
 *
 * <p>The monitor of a directory node guards its children.
 */
public final class ReferenceFileSystem implements FuseFileSystem {

    /** Whether operations that may wait do so, or answer at once. */
    public enum Pace {
        AT_ONCE,
        /** Each asks to be called again on a thread that may wait. */
        BY_WAITING
    }

    public static final long MODIFIED = 1_700_000_000_123L;

    private final ConcurrentHashMap<Long, Node> nodes = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Long, Node> handles = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Long, List<String>> backing = new ConcurrentHashMap<>();
    private final AtomicLong nextNode = new AtomicLong(ROOT + 1);
    private final AtomicLong nextHandle = new AtomicLong(1);
    private final ConcurrentHashMap<String, CountDownLatch> gates = new ConcurrentHashMap<>();
    public final AtomicInteger lookups = new AtomicInteger();
    public final AtomicInteger reads = new AtomicInteger();
    public final AtomicInteger listed = new AtomicInteger();

    /** Operations that stand at a closed gate. */
    public final AtomicInteger standing = new AtomicInteger();

    public volatile Pace pace = Pace.AT_ONCE;
    public volatile boolean keepsListings;
    public volatile long validMillis = 3_600_000;
    public volatile @Nullable ErrorCode failReads;
    public volatile @Nullable ErrorCode failLookups;

    public ReferenceFileSystem() {
        nodes.put(ROOT, new Node(ROOT, "", Attributes.Kind.DIRECTORY, 0, 0));
    }

    /** A file or directory. */
    public static final class Node {
        public final long id;
        public final String name;
        final Attributes.Kind kind;
        public final long length;
        final long seed;
        final AtomicLong lookupCount = new AtomicLong();
        final TreeMap<String, Node> children = new TreeMap<>();

        Node(long id, String name, Attributes.Kind kind, long length, long seed) {
            this.id = id;
            this.name = name;
            this.kind = kind;
            this.length = length;
            this.seed = seed;
        }
    }

    public Node root() {
        return node(ROOT);
    }

    public Node directory(Node parent, String name) {
        return add(parent, name, Attributes.Kind.DIRECTORY, 0, 0);
    }

    /** Adds a file, or puts another one in its place. */
    public Node file(Node parent, String name, long length, long seed) {
        return add(parent, name, Attributes.Kind.FILE, length, seed);
    }

    public void remove(Node parent, String name) {
        synchronized (parent) {
            parent.children.remove(name);
        }
    }

    private Node add(Node parent, String name, Attributes.Kind kind, long length, long seed) {
        Node node = new Node(nextNode.getAndIncrement(), name, kind, length, seed);
        nodes.put(node.id, node);
        synchronized (parent) {
            parent.children.put(name, node);
        }
        return node;
    }

    /** The byte at {@code offset} of the file with {@code seed}. */
    public static byte contentAt(long seed, long offset) {
        long mixed = (offset / 8 + seed) * 0x9e3779b97f4a7c15L;
        return (byte) (mixed >>> (8 * (offset & 7)));
    }

    /** Makes lookups and reads of {@code name} wait until the gate is opened. */
    public void closeGate(String name) {
        gates.put(name, new CountDownLatch(1));
    }

    public void openGate(String name) {
        CountDownLatch gate = gates.remove(name);
        if (gate != null) {
            gate.countDown();
        }
    }

    public void openGates() {
        List.copyOf(gates.keySet()).forEach(this::openGate);
    }

    public long lookupCount(Node node) {
        return node.lookupCount.get();
    }

    public int openHandles() {
        return handles.size();
    }

    @Override
    public @Nullable Entry lookup(long parent, String name, Call call) {
        if (mustWait(name, call)) {
            return null;
        }
        lookups.incrementAndGet();
        ErrorCode failure = failLookups;
        if (failure != null) {
            throw new MillraceException(failure, "lookups fail as the test wants it");
        }
        Node directory = node(parent);
        Node found;
        synchronized (directory) {
            found = directory.children.get(name);
        }
        return found == null ? new Entry.Absent(validMillis) : present(found);
    }

    private Entry.Present present(Node node) {
        node.lookupCount.incrementAndGet();
        return new Entry.Present(node.id, attributes(node.id), validMillis, validMillis);
    }

    @Override
    public void forget(long node, long count) {
        node(node).lookupCount.addAndGet(-count);
    }

    @Override
    public Attributes attributes(long id) {
        Node node = node(id);
        int permissions = node.kind == Attributes.Kind.FILE ? 0444 : 0555;
        return new Attributes(
                1_000_000 + id, node.kind, node.length, MODIFIED, permissions, 1234, 5678);
    }

    @Override
    public long attributesValidMillis(long node) {
        return validMillis;
    }

    /** Says that the bytes of {@code node} may lie under {@code names}. */
    public void back(Node node, String... names) {
        backing.put(node.id, List.of(names));
    }

    @Override
    public List<String> backingFiles(long node) {
        return backing.getOrDefault(node, List.of());
    }

    @Override
    public long open(long node) {
        long handle = nextHandle.getAndIncrement();
        handles.put(handle, node(node));
        return handle;
    }

    @Override
    public int read(long handle, long offset, int size, ReadReply reply, Call call) {
        Node node = handle(handle);
        if (mustWait(node.name, call)) {
            return WOULD_BLOCK;
        }
        reads.incrementAndGet();
        ErrorCode failure = failReads;
        if (failure != null) {
            throw new MillraceException(failure, "reads fail as the test wants it");
        }
        int bytes = (int) Math.max(0, Math.min(size, node.length - offset));
        ByteBuffer target = reply.buffer(bytes);
        for (int i = 0; i < bytes; i++) {
            target.put(contentAt(node.seed, offset + i));
        }
        return bytes;
    }

    @Override
    public void release(long handle) {
        handles.remove(handle);
    }

    @Override
    public long openDirectory(long node) {
        return open(node);
    }

    @Override
    public boolean keepsListing(long node) {
        return keepsListings;
    }

    @Override
    public boolean readDirectory(long handle, long cookie, DirectorySink sink, Call call) {
        Node directory = handle(handle);
        if (mustWait(directory.name, call)) {
            return false;
        }
        listed.incrementAndGet();
        List<Node> children;
        synchronized (directory) {
            children = new ArrayList<>(directory.children.values());
        }
        for (int i = (int) Math.min(cookie, children.size()); i < children.size(); i++) {
            Node child = children.get(i);
            if (!sink.add(child.name, i + 1L, listed(child))) {
                break;
            }
        }
        return true;
    }

    private DirectorySink.Listed listed(Node node) {
        return new DirectorySink.Listed() {
            @Override
            public Attributes.Kind kind() {
                return node.kind;
            }

            @Override
            public long inode() {
                return 1_000_000 + node.id;
            }

            @Override
            public Entry.Present entry() {
                return present(node);
            }
        };
    }

    @Override
    public void releaseDirectory(long handle) {
        release(handle);
    }

    @Override
    public List<HeldNode> surplus() {
        return List.of();
    }

    @Override
    public void forEachName(ObjLongConsumer<String> action) {
        for (Node directory : nodes.values()) {
            List<Node> children;
            synchronized (directory) {
                children = List.copyOf(directory.children.values());
            }
            children.forEach(child -> action.accept(child.name, directory.id));
        }
    }

    @Override
    public List<String> extendedAttributes(long node) {
        return List.of("user.name", "user.length");
    }

    @Override
    public Optional<String> extendedAttribute(long id, String name) {
        Node node = node(id);
        return switch (name) {
            case "user.name" -> Optional.of(node.name);
            case "user.length" -> Optional.of(Long.toString(node.length));
            default -> Optional.empty();
        };
    }

    @Override
    public Space space() {
        return new Space(1L << 40, 1L << 39, nodes.size());
    }

    private boolean mustWait(String name, Call call) {
        CountDownLatch gate = gates.get(name);
        if (!call.mayWait()) {
            return gate != null || pace == Pace.BY_WAITING;
        }
        if (gate != null) {
            standing.incrementAndGet();
            try (var _ = call.cancellation().onCancel(gate::countDown)) {
                gate.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            } finally {
                standing.decrementAndGet();
            }
            call.cancellation().check();
        }
        return false;
    }

    private Node node(long id) {
        Node node = nodes.get(id);
        if (node == null) {
            throw new IllegalStateException("the kernel asked for unknown node " + id);
        }
        return node;
    }

    private Node handle(long handle) {
        Node node = handles.get(handle);
        if (node == null) {
            throw new IllegalStateException("the kernel asked for unknown handle " + handle);
        }
        return node;
    }
}
