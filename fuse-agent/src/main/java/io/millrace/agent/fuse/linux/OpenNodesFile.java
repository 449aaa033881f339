package io.millrace.agent.fuse.linux;

import io.millrace.agent.takeover.SlotFile;
import io.millrace.model.MillraceException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The open nodes of a supervised mount in a {@link SlotFile}: the number of opens is the slot's
 * count, and its content the node and the id of its backing file.
 */
final class OpenNodesFile implements OpenJournal {

    static final int FORM = 1;

    private static final Logger LOG = System.getLogger(OpenNodesFile.class.getName());

    private final SlotFile slots;
    private final AtomicBoolean failed = new AtomicBoolean();
    private List<Left> left = new ArrayList<>();

    private record Left(long slot, long opens, byte[] content) {}

    /**
     * @throws MillraceException CONFLICT when an agent of another form has written there
     */
    OpenNodesFile(Path file) {
        this.slots =
                SlotFile.open(
                        file,
                        FORM,
                        (slot, opens, content) -> left.add(new Left(slot, opens, content)));
    }

    @Override
    public void recover(Recovered recovered) {
        for (Left open : left) {
            ByteBuffer content = ByteBuffer.wrap(open.content());
            recovered.node(
                    open.slot(),
                    content.getLong(),
                    content.getInt(),
                    Math.toIntExact(open.opens()));
        }
        left = List.of();
    }

    @Override
    public long add(long node, int id) {
        byte[] content =
                ByteBuffer.allocate(Long.BYTES + Integer.BYTES).putLong(node).putInt(id).array();
        try {
            return slots.add(1, content);
        } catch (MillraceException e) {
            // The mount goes on; after a kill this node cannot be opened until it is closed.
            if (failed.compareAndSet(false, true)) {
                LOG.log(Level.WARNING, "event=takeover_incomplete reason=" + e.getMessage());
            }
            return NO_SLOT;
        }
    }

    @Override
    public void opens(long slot, int opens) {
        if (slot != NO_SLOT) {
            slots.setCount(slot, opens);
        }
    }
}
