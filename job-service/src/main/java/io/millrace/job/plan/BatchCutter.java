package io.millrace.job.plan;

import io.millrace.contracts.v1.BatchItem;
import io.millrace.job.ledger.Tally;
import io.millrace.model.FileVersion;
import io.millrace.model.Placement;
import io.millrace.model.WorkerId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Groups files into batches by owner, within limits. A pure function of the files and the ring:
 * what it returns is what the planner then stores.
 *
 * <p>A load batch is addressed to the slot of its first block. A free batch goes to every worker,
 * for a worker drops whatever lies on its disks, whoever owns it: each file is counted by the owner
 * of its first block, and each worker accounts for the bytes of the blocks it owns, so that the
 * batches of all workers together come to the files' own number and size.
 */
final class BatchCutter {

    /** What an item takes on the wire beside its texts and blocks, generously. */
    private static final int ITEM_OVERHEAD_BYTES = 64;

    private static final int BYTES_PER_BLOCK_NUMBER = 5;

    private final Placement placement;
    private final CutLimits limits;

    /** The placement must have an owner for each slot. */
    BatchCutter(Placement placement, CutLimits limits) {
        this.placement = placement;
        this.limits = limits;
    }

    /** Each block goes into exactly one batch, for its first owner. */
    List<Cut> load(List<Piece> pieces) {
        return load(pieces, 0);
    }

    /**
     * Each block goes into one batch for its owner of {@code rank}, from 0; blocks that have not so
     * many are left out. Files are counted with the first owners.
     */
    List<Cut> load(List<Piece> pieces, int rank) {
        record Group(WorkerId owner, long blockBytes) {}
        List<Cut> cuts = new ArrayList<>();
        Map<Group, Growing> growing = new LinkedHashMap<>();
        for (Piece piece : pieces) {
            for (Share share : shares(piece, rank)) {
                Group group = new Group(share.owner(), piece.layout().blockBytes());
                BatchItem item = item(piece, share.blocks(), share.counts());
                Tally tally = new Tally(share.counts() ? 1 : 0, share.bytes());
                Growing batch = growing.get(group);
                if (batch != null && !batch.fits(item, tally.bytes())) {
                    cuts.add(batch.close());
                    batch = null;
                }
                if (batch == null) {
                    batch = new Growing(share.owner(), share.slot(), group.blockBytes());
                    growing.put(group, batch);
                }
                batch.add(item, tally);
            }
        }
        growing.values().forEach(batch -> cuts.add(batch.close()));
        return cuts;
    }

    /** Each file goes to every one of {@code workers}, whole. */
    List<Cut> free(List<Piece> pieces, List<WorkerId> workers) {
        return everywhere(pieces, workers, Naming.NOTHING);
    }

    /** As {@link #free}; each item names the blocks its worker accounts for. */
    List<Cut> verify(List<Piece> pieces, List<WorkerId> workers) {
        return everywhere(pieces, workers, Naming.OWN_BLOCKS);
    }

    /** Which blocks an item names that goes to every worker. */
    private enum Naming {
        NOTHING,
        OWN_BLOCKS
    }

    private List<Cut> everywhere(List<Piece> pieces, List<WorkerId> workers, Naming naming) {
        List<Cut> cuts = new ArrayList<>();
        for (WorkerId worker : workers) {
            Map<Long, Growing> growing = new LinkedHashMap<>();
            for (Piece piece : pieces) {
                boolean counts = false;
                long bytes = 0;
                List<Integer> own = new ArrayList<>();
                for (int block : piece.blocks()) {
                    if (placement.isOwner(worker, piece.placedBy(block))) {
                        counts |= block == 0;
                        bytes += piece.bytes(block);
                        own.add(block);
                    }
                }
                BatchItem item = item(piece, naming == Naming.OWN_BLOCKS ? own : List.of(), counts);
                long blockBytes = piece.layout().blockBytes();
                Growing batch = growing.get(blockBytes);
                if (batch != null && !batch.fits(item, 0)) {
                    cuts.add(batch.close());
                    batch = null;
                }
                if (batch == null) {
                    batch = new Growing(worker, slotOf(worker, piece.version()), blockBytes);
                    growing.put(blockBytes, batch);
                }
                batch.add(item, new Tally(counts ? 1 : 0, bytes));
            }
            growing.values().forEach(batch -> cuts.add(batch.close()));
        }
        return cuts;
    }

    /** Blocks of one file that one worker owns, no more bytes than one batch may have. */
    private record Share(
            WorkerId owner, int slot, List<Integer> blocks, long bytes, boolean counts) {}

    /** One that the worker is the first owner of: it reads no others. */
    private int slotOf(WorkerId worker, FileVersion version) {
        List<Integer> slots = placement.slotsOf(worker);
        return slots.get(Math.floorMod(version.low(), slots.size()));
    }

    private List<Share> shares(Piece piece, int rank) {
        Map<WorkerId, List<Integer>> byOwner = new LinkedHashMap<>();
        for (int block : piece.blocks()) {
            List<WorkerId> owners = placement.owners(piece.placedBy(block));
            if (rank >= owners.size()) {
                continue;
            }
            WorkerId owner = owners.get(rank);
            byOwner.computeIfAbsent(owner, _ -> new ArrayList<>()).add(block);
        }
        int first = piece.blocks().getFirst();
        List<Share> shares = new ArrayList<>();
        byOwner.forEach((owner, blocks) -> {
            List<Integer> run = new ArrayList<>();
            long bytes = 0;
            for (int block : blocks) {
                long more = piece.bytes(block);
                if (!run.isEmpty() && bytes + more > limits.bytes()) {
                    shares.add(share(piece, owner, rank, run, bytes, first));
                    run = new ArrayList<>();
                    bytes = 0;
                }
                run.add(block);
                bytes += more;
            }
            shares.add(share(piece, owner, rank, run, bytes, first));
        });
        return shares;
    }

    private Share share(
            Piece piece, WorkerId owner, int rank, List<Integer> run, long bytes, int first) {
        return new Share(
                owner,
                rank == 0
                        ? piece.placedBy(run.getFirst()).slot(placement.slots())
                        : slotOf(owner, piece.version()),
                run,
                bytes,
                rank == 0 && piece.countsFile() && run.getFirst() == first);
    }

    private static BatchItem item(Piece piece, List<Integer> blocks, boolean counts) {
        return BatchItem.newBuilder()
                .setPath(piece.path())
                .setSource(piece.source())
                .addAllBlocks(blocks)
                .setCountsFile(counts)
                .build();
    }

    private static int messageBytes(BatchItem item) {
        return 3 * (item.getPath().length() + item.getSource().getKey().length())
                + item.getSource().getObjectVersion().length()
                + BYTES_PER_BLOCK_NUMBER * item.getBlocksCount()
                + ITEM_OVERHEAD_BYTES;
    }

    /** A batch that still takes items. */
    private final class Growing {

        private final WorkerId worker;
        private final int slot;
        private final long blockBytes;
        private final List<BatchItem> items = new ArrayList<>();
        private Tally tally = Tally.NONE;
        private long messageBytes;

        Growing(WorkerId worker, int slot, long blockBytes) {
            this.worker = worker;
            this.slot = slot;
            this.blockBytes = blockBytes;
        }

        /** {@code bytes} to be loaded for it, 0 for what is freed. */
        boolean fits(BatchItem item, long bytes) {
            return items.size() < limits.files()
                    && tally.bytes() + bytes <= (bytes == 0 ? Long.MAX_VALUE : limits.bytes())
                    && messageBytes + messageBytes(item) <= limits.messageBytes();
        }

        void add(BatchItem item, Tally more) {
            items.add(item);
            tally = tally.plus(more);
            messageBytes += messageBytes(item);
        }

        Cut close() {
            return new Cut(worker, slot, blockBytes, items, tally);
        }
    }
}
