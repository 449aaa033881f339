package io.millrace.agent.fs;

import io.millrace.agent.fuse.FuseFileSystem;
import io.millrace.client.NamespaceEntry;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileVersion;
import io.millrace.model.MillraceException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The nodes the kernel holds references to. A file's node is one version of one path: a new version
 * is a new node, so the kernel's pages of a node are always of one version and may always be kept.
 *
 * <p>The lookup count of a node is changed inside {@code compute} of its key, which makes handing
 * out and forgetting atomic; ids are never used again.
 */
final class NodeTable {

    private final ConcurrentHashMap<Key, Node> byKey = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Long, Node> byId = new ConcurrentHashMap<>();
    private final NodeJournal journal;
    private final AtomicLong nextId;

    /**
     * @param inode of the namespace
     * @param version of a file; null: a directory
     */
    record Key(long inode, @Nullable FileVersion version) {
        static Key of(NamespaceEntry entry) {
            return new Key(entry.id(), entry.version());
        }
    }

    /**
     * @param journal what it says was left is held from the start
     */
    NodeTable(NamespaceEntry root, NodeJournal journal) {
        this.journal = journal;
        this.nextId = new AtomicLong(journal.firstId());
        Node node = new Node(FuseFileSystem.ROOT, Key.of(root), root);
        node.lookups = 1;
        byKey.put(node.key, node);
        byId.put(node.id, node);
        journal.recover(this::recovered);
    }

    private void recovered(long slot, long id, long lookups, NamespaceEntry entry) {
        Node node = new Node(id, Key.of(entry), entry);
        node.lookups = lookups;
        node.slot = slot;
        byKey.put(node.key, node);
        byId.put(id, node);
    }

    /** The node of {@code entry}, with one lookup more. */
    Node acquire(NamespaceEntry entry) {
        Node result =
                byKey.compute(
                        Key.of(entry),
                        (key, known) -> {
                            Node node = known;
                            if (node == null) {
                                node = new Node(nextId.getAndIncrement(), key, entry);
                                byId.put(node.id, node);
                            } else if (node.id != FuseFileSystem.ROOT) {
                                node.entry = entry;
                            }
                            node.lookups++;
                            write(node);
                            return node;
                        });
        if (result == null) {
            throw new IllegalStateException("compute gave no node");
        }
        return result;
    }

    private void write(Node node) {
        if (node.lookups == 1) {
            node.slot = journal.add(node.id, node.entry, 1);
        } else {
            journal.lookups(node.slot, node.lookups);
        }
    }

    /**
     * Takes {@code lookups} back; more than were given out are all of them.
     *
     * @param lookups without a sign, as the kernel counts
     * @return the node when that was its last; else null
     */
    @Nullable Node forget(long id, long lookups) {
        Node node = byId.get(id);
        if (node == null || id == FuseFileSystem.ROOT) {
            return null;
        }
        Node left =
                byKey.computeIfPresent(
                        node.key,
                        (_, known) -> {
                            boolean last = Long.compareUnsigned(lookups, known.lookups) >= 0;
                            known.lookups -= last ? known.lookups : lookups;
                            journal.lookups(known.slot, known.lookups);
                            if (!last) {
                                return known;
                            }
                            byId.remove(id);
                            return null;
                        });
        return left == null ? node : null;
    }

    /**
     * @throws MillraceException STALE_VERSION when the kernel asks for what it has forgotten
     */
    Node node(long id) {
        Node node = byId.get(id);
        if (node == null) {
            throw new MillraceException(ErrorCode.STALE_VERSION, "node " + id + " is forgotten");
        }
        return node;
    }

    /** The node of a directory, if the kernel holds it. */
    Optional<Node> directory(long inode) {
        return Optional.ofNullable(byKey.get(new Key(inode, null)));
    }

    /** All but the root; those that come or go meanwhile may or may not be among them. */
    void forEach(Consumer<Node> action) {
        byId.values()
                .forEach(node -> {
                    if (node.id != FuseFileSystem.ROOT) {
                        action.accept(node);
                    }
                });
    }

    /** Whether {@code entry} has a node. */
    boolean holds(NamespaceEntry entry) {
        return byKey.containsKey(Key.of(entry));
    }

    /** The {@code count} nodes that were first given out, in that order. */
    List<Node> oldest(int count) {
        return byId.values().stream()
                .filter(node -> node.id != FuseFileSystem.ROOT)
                .sorted(Comparator.comparingLong(node -> node.id))
                .limit(count)
                .toList();
    }

    int size() {
        return byId.size();
    }
}
