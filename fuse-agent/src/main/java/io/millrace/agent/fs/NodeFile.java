package io.millrace.agent.fs;

import io.millrace.agent.takeover.SlotFile;
import io.millrace.agent.takeover.Supervision;
import io.millrace.client.NamespaceEntry;
import io.millrace.model.MillraceException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The nodes of a supervised mount in a {@link SlotFile}: the lookup count is the slot's count, and
 * its content the node id and the entry. Ids carry the number of the agent that gave them out, so
 * none has to be remembered for not being used again.
 */
final class NodeFile implements NodeJournal {

    /**
     * Of the content. Another form of {@link NamespaceEntry#encode} that reads this one is none.
     */
    static final int FORM = 1;

    private static final Logger LOG = System.getLogger(NodeFile.class.getName());

    /** An agent gives out fewer ids than 2 to the power of this. */
    private static final int ID_BITS = 40;

    private final SlotFile slots;
    private final long firstId;
    private final AtomicBoolean failed = new AtomicBoolean();
    private List<Left> left = new ArrayList<>();

    private record Left(long slot, long lookups, byte[] content) {}

    /**
     * @throws MillraceException CONFLICT when an agent of another form has written there
     */
    NodeFile(Supervision supervision) {
        this.firstId = ((long) supervision.restarts() << ID_BITS) + NONE.firstId();
        this.slots =
                SlotFile.open(
                        supervision.nodes(),
                        FORM,
                        (slot, lookups, content) -> left.add(new Left(slot, lookups, content)));
    }

    @Override
    public void recover(Recovered recovered) {
        for (Left node : left) {
            ByteBuffer content = ByteBuffer.wrap(node.content());
            long id = content.getLong();
            byte[] entry = new byte[content.remaining()];
            content.get(entry);
            recovered.node(node.slot(), id, node.lookups(), NamespaceEntry.decode(entry));
        }
        left = List.of();
    }

    @Override
    public long firstId() {
        return firstId;
    }

    @Override
    public long add(long id, NamespaceEntry entry, long lookups) {
        byte[] encoded = entry.encode();
        byte[] content =
                ByteBuffer.allocate(Long.BYTES + encoded.length).putLong(id).put(encoded).array();
        try {
            return slots.add(lookups, content);
        } catch (MillraceException e) {
            // The mount goes on; a successor answers ESTALE for this node.
            if (failed.compareAndSet(false, true)) {
                LOG.log(Level.WARNING, "event=takeover_incomplete reason=" + e.getMessage());
            }
            return NO_SLOT;
        }
    }

    @Override
    public void lookups(long slot, long lookups) {
        if (slot != NO_SLOT) {
            slots.setCount(slot, lookups);
        }
    }
}
