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

    /** Each block goes into exactly one batch. */
    List<Cut> load(List<Piece> pieces) {
        record Group(WorkerId owner, long blockBytes) {}
        List<Cut> cuts = new ArrayList<>();
        Map<Group, Growing> growing = new LinkedHashMap<>();
        for (Piece piece : pieces) {
            for (Share share : shares(piece)) {
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
        List<Cut> cuts = new ArrayList<>();
        for (WorkerId worker : workers) {
            List<Integer> slots = placement.slotsOf(worker);
            Map<Long, Growing> growing = new LinkedHashMap<>();
            for (Piece piece : pieces) {
                boolean counts = false;
                long bytes = 0;
                FileVersion version = piece.version();
                for (int block : piece.blocks()) {
                    if (placement.isOwner(worker, piece.placedBy(block))) {
                        counts |= block == 0;
                        bytes += piece.bytes(block);
                    }
                }
                BatchItem item = item(piece, List.of(), counts);
                long blockBytes = piece.layout().blockBytes();
                Growing batch = growing.get(blockBytes);
                if (batch != null && !batch.fits(item, 0)) {
                    cuts.add(batch.close());
                    batch = null;
                }
                if (batch == null) {
                    int slot = slots.get(Math.floorMod(version.low(), slots.size()));
                    batch = new Growing(worker, slot, blockBytes);
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

    private List<Share> shares(Piece piece) {
        FileVersion version = piece.version();
        Map<WorkerId, List<Integer>> byOwner = new LinkedHashMap<>();
        for (int block : piece.blocks()) {
            WorkerId owner = placement.owners(piece.placedBy(block)).getFirst();
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
                    shares.add(share(piece, version, owner, run, bytes, first));
                    run = new ArrayList<>();
                    bytes = 0;
                }
                run.add(block);
                bytes += more;
            }
            shares.add(share(piece, version, owner, run, bytes, first));
        });
        return shares;
    }

    private Share share(
            Piece piece,
            FileVersion version,
            WorkerId owner,
            List<Integer> run,
            long bytes,
            int first) {
        return new Share(
                owner,
                piece.placedBy(run.getFirst()).slot(placement.slots()),
                run,
                bytes,
                piece.countsFile() && run.getFirst() == first);
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
