package io.millrace.agent.fs;

import io.millrace.agent.fuse.Attributes;
import io.millrace.agent.fuse.Call;
import io.millrace.agent.fuse.DirectorySink;
import io.millrace.agent.fuse.Entry;
import io.millrace.agent.fuse.FuseFileSystem;
import io.millrace.agent.fuse.FuseMount;
import io.millrace.agent.fuse.HeldNode;
import io.millrace.agent.fuse.ReadReply;
import io.millrace.agent.fuse.Space;
import io.millrace.agent.takeover.Supervision;
import io.millrace.client.FileReader;
import io.millrace.client.Lookup;
import io.millrace.client.MillraceClient;
import io.millrace.client.NamespaceEntry;
import io.millrace.client.NamespaceListener;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The namespace below one directory, as a file system.
 *
 * <p>The kernel believes a name for as long as metadata-service said, and is told when it changes
 * before that. It keeps a file's attributes and pages for as long as it likes, since a node is one
 * version.
 */
public final class MillraceFileSystem implements FuseFileSystem, NamespaceListener {

    private static final long VERSION_VALID_MILLIS = TimeUnit.DAYS.toMillis(1);
    private static final long DIRECTORY_VALID_MILLIS = TimeUnit.SECONDS.toMillis(60);

    private final MillraceClient client;
    private final FileAttributes look;
    private final ExtendedAttributes extendedAttributes;
    private final NodeTable nodes;
    private final ConcurrentHashMap<Long, OpenFile> files = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Long, DirectoryCursor> directories = new ConcurrentHashMap<>();
    private final KeptListings listings = new KeptListings();
    private final AtomicLong nextHandle = new AtomicLong(1);
    private final int nodeLimit;
    private final AtomicInteger trimAbove;
    private volatile @Nullable FuseMount mount;

    private record OpenFile(NamespaceEntry entry, FileReader reader) {}

    /**
     * @param root the directory that is mounted
     * @param nodeLimit nodes that the kernel is let to hold although nobody uses them, 8 or more
     */
    public MillraceFileSystem(
            MillraceClient client, NamespaceEntry root, FileAttributes look, int nodeLimit) {
        this(client, root, look, nodeLimit, NodeJournal.NONE);
    }

    /**
     * A file system that goes on where the agent before this one stopped, and leaves to the next
     * what it needs.
     *
     * @throws MillraceException CONFLICT when what was left is of another form
     */
    public static MillraceFileSystem supervised(
            MillraceClient client,
            NamespaceEntry root,
            FileAttributes look,
            int nodeLimit,
            Supervision supervision) {
        return new MillraceFileSystem(client, root, look, nodeLimit, new NodeFile(supervision));
    }

    private MillraceFileSystem(
            MillraceClient client,
            NamespaceEntry root,
            FileAttributes look,
            int nodeLimit,
            NodeJournal journal) {
        if (!root.isDirectory()) {
            throw new MillraceException(
                    ErrorCode.NOT_A_DIRECTORY, root.name() + " is a file: only directories mount");
        }
        this.client = client;
        this.look = look;
        this.extendedAttributes = new ExtendedAttributes(client);
        this.nodes = new NodeTable(root, journal);
        this.nodeLimit = nodeLimit;
        this.trimAbove = new AtomicInteger(nodeLimit);
    }

    /** Starts to tell {@code mount} what has changed. */
    public void follow(FuseMount mount) {
        this.mount = mount;
        client.namespace().addListener(this);
    }

    @Override
    public @Nullable Entry lookup(long parent, String name, Call call) {
        long parentId = nodes.node(parent).entry.id();
        Lookup found =
                call.mayWait()
                        ? client.namespace().lookup(parentId, name, call.cancellation())
                        : client.namespace().known(parentId, name);
        if (found == null) {
            return null;
        }
        NamespaceEntry entry = found.entry();
        return entry == null
                ? new Entry.Absent(found.validMillis())
                : present(entry, found.validMillis());
    }

    private Entry.Present present(NamespaceEntry entry, long validMillis) {
        Node node = nodes.acquire(entry);
        trimIfMany();
        return new Entry.Present(
                node.id, look.of(entry), validMillis, attributesValidMillis(entry));
    }

    @Override
    public void forget(long node, long lookups) {
        Node gone = nodes.forget(node, lookups);
        if (gone != null) {
            trimAbove.set(Math.max(nodeLimit, Math.min(trimAbove.get(), nextTrim())));
            listings.end(gone.entry.parentId());
            if (gone.entry.isDirectory()) {
                listings.end(gone.entry.id());
            }
        }
    }

    /** When what is in use is more than is to be held, trimming cannot help: it is not hurried. */
    private void trimIfMany() {
        int above = trimAbove.get();
        FuseMount mounted = mount;
        if (mounted != null && nodes.size() > above && trimAbove.compareAndSet(above, nextTrim())) {
            mounted.trim();
        }
    }

    private int nextTrim() {
        return nodes.size() + nodeLimit / 8;
    }

    @Override
    public List<HeldNode> surplus() {
        List<HeldNode> surplus = new ArrayList<>();
        for (Node node : nodes.oldest(nodes.size() - nodeLimit / 4 * 3)) {
            NamespaceEntry entry = node.entry;
            nodes.directory(entry.parentId())
                    .ifPresent(directory ->
                            surplus.add(
                                    new HeldNode(
                                            node.id, directory.id, entry.name(), kindOf(entry))));
        }
        return surplus;
    }

    private static Attributes.Kind kindOf(NamespaceEntry entry) {
        return entry.isDirectory() ? Attributes.Kind.DIRECTORY : Attributes.Kind.FILE;
    }

    @Override
    public Attributes attributes(long node) {
        return look.of(nodes.node(node).entry);
    }

    @Override
    public long attributesValidMillis(long node) {
        return attributesValidMillis(nodes.node(node).entry);
    }

    private static long attributesValidMillis(NamespaceEntry entry) {
        return entry.isDirectory() ? DIRECTORY_VALID_MILLIS : VERSION_VALID_MILLIS;
    }

    @Override
    public List<String> backingFiles(long node) {
        return client.localNames(nodes.node(node).entry);
    }

    @Override
    public long open(long node) {
        NamespaceEntry entry = nodes.node(node).entry;
        long handle = nextHandle.getAndIncrement();
        files.put(handle, new OpenFile(entry, client.open(entry)));
        return handle;
    }

    @Override
    public int read(long handle, long offset, int size, ReadReply reply, Call call) {
        OpenFile file = file(handle);
        FileReader.Target target =
                new FileReader.Target() {
                    @Override
                    public ByteBuffer buffer(int bytes) {
                        return reply.buffer(bytes);
                    }

                    @Override
                    public void lend(List<ByteBuffer> parts, Runnable release) {
                        reply.lend(parts, release);
                    }
                };
        if (!call.mayWait()) {
            return file.reader().readIfNear(offset, size, target);
        }
        try {
            return file.reader().read(offset, size, target, call.cancellation());
        } catch (MillraceException e) {
            if (e.code() != ErrorCode.STALE_VERSION && e.code() != ErrorCode.NOT_FOUND) {
                throw e;
            }
            changed(file.entry());
            throw new MillraceException(
                    ErrorCode.STALE_VERSION,
                    file.entry().name() + " has changed in the under store since it was opened",
                    e);
        }
    }

    /** The under store has another version: the next open must see it. */
    private void changed(NamespaceEntry entry) {
        client.namespace().forget(entry.parentId(), entry.name());
        invalidated(entry.parentId(), entry.name());
    }

    @Override
    public void release(long handle) {
        OpenFile file = files.remove(handle);
        if (file != null) {
            file.reader().close();
        }
    }

    @Override
    public boolean keepsListing(long node) {
        return listings.holds(nodes.node(node).entry.id());
    }

    @Override
    public long openDirectory(long node) {
        long handle = nextHandle.getAndIncrement();
        directories.put(
                handle, new DirectoryCursor(nodes.node(node).entry.id(), client.namespace()));
        return handle;
    }

    @Override
    public boolean readDirectory(long handle, long cookie, DirectorySink sink, Call call) {
        DirectoryCursor cursor = directories.get(handle);
        if (cursor == null) {
            throw new IllegalStateException("the kernel asked for unknown handle " + handle);
        }
        if (cookie == 0 && !call.mayWait()) {
            cursor.rewind();
            listings.begin(cursor.directoryId());
        }
        long at = cookie;
        while (true) {
            DirectoryCursor.Position position =
                    call.mayWait() && at == cookie
                            ? cursor.read(at, call.cancellation())
                            : cursor.known(at);
            if (position == null) {
                // Some entries are an answer; none are not.
                return at != cookie;
            }
            listings.add(cursor.directoryId(), position.page().validUntilNanos());
            for (NamespaceEntry entry = position.at(at); entry != null; entry = position.at(at)) {
                if (!sink.add(entry.name(), at + 1, listed(entry, position))) {
                    return true;
                }
                at++;
            }
            if (position.isLast() || position.page().entries().isEmpty()) {
                return true;
            }
        }
    }

    private DirectorySink.Listed listed(NamespaceEntry entry, DirectoryCursor.Position position) {
        return new DirectorySink.Listed() {
            @Override
            public Attributes.Kind kind() {
                return kindOf(entry);
            }

            @Override
            public long inode() {
                return entry.id();
            }

            @Override
            public Entry.@Nullable Present entry() {
                if (nodes.size() > nodeLimit + nodeLimit / 4 && !nodes.holds(entry)) {
                    // The names alone: what is looked up of them comes when it is wanted.
                    listings.end(entry.parentId());
                    return null;
                }
                return present(entry, position.page().validMillis());
            }
        };
    }

    @Override
    public void releaseDirectory(long handle) {
        directories.remove(handle);
    }

    @Override
    public void forEachName(ObjLongConsumer<String> action) {
        nodes.forEach(node ->
                nodes.directory(node.entry.parentId())
                        .ifPresent(directory -> action.accept(node.entry.name(), directory.id)));
    }

    @Override
    public List<String> extendedAttributes(long node) {
        return extendedAttributes.names(nodes.node(node).entry);
    }

    @Override
    public Optional<String> extendedAttribute(long node, String name) {
        return extendedAttributes.value(nodes.node(node).entry, name);
    }

    /** The workers' caches together: what is free in them is what can still be cached. */
    @Override
    public Space space() {
        MillraceClient.CacheSpace space = client.cacheSpace();
        return new Space(
                space.capacityBytes(),
                Math.max(0, space.capacityBytes() - space.usedBytes()),
                nodes.size());
    }

    @Override
    public void invalidated(long parentId, String name) {
        listings.end(parentId);
        FuseMount mounted = mount;
        if (mounted != null) {
            nodes.directory(parentId)
                    .ifPresent(directory -> mounted.invalidateEntry(directory.id, name));
        }
    }

    @Override
    public void everythingInvalidated() {
        listings.endAll();
        FuseMount mounted = mount;
        if (mounted != null) {
            mounted.invalidateAll();
        }
    }

    @Override
    public void whenApplied(Runnable done) {
        FuseMount mounted = mount;
        if (mounted == null) {
            done.run();
        } else {
            mounted.whenInvalidated(done);
        }
    }

    /** Nodes that the kernel holds, for metrics. */
    public int nodeCount() {
        return nodes.size();
    }

    /** Files that are open, for metrics. */
    public int openFiles() {
        return files.size();
    }

    private OpenFile file(long handle) {
        OpenFile file = files.get(handle);
        if (file == null) {
            throw new IllegalStateException("the kernel asked for unknown handle " + handle);
        }
        return file;
    }
}
