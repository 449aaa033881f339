package io.millrace.job.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.BatchItem;
import io.millrace.contracts.v1.FileSource;
import io.millrace.contracts.v1.WalkedFile;
import io.millrace.job.ledger.Tally;
import io.millrace.model.BlockId;
import io.millrace.model.BlockLayout;
import io.millrace.model.FileVersion;
import io.millrace.model.Placement;
import io.millrace.model.Ring;
import io.millrace.model.WorkerId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchCutterTest {

    private static final BlockLayout LAYOUT = new BlockLayout(1 << 20);
    private static final CutLimits LIMITS = new CutLimits(5, 3 << 20, 4_000);

    private static Placement placement(int workers) {
        return new Ring(
                        1,
                        32,
                        IntStream.range(0, workers)
                                .mapToObj(i -> new Ring.Member(new WorkerId("w-" + i), 1, false))
                                .toList())
                .placement();
    }

    private static List<Piece> files(Random random, int count) {
        List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long length = random.nextInt(4) == 0 ? random.nextInt(20 << 20) : random.nextInt(5000);
            pieces.add(
                    Piece.whole(
                            WalkedFile.newBuilder()
                                    .setPath("/data/" + i)
                                    .setSource(
                                            FileSource.newBuilder()
                                                    .setMountId(1)
                                                    .setKey("data/" + i)
                                                    .setObjectVersion("v")
                                                    .setLength(length))
                                    .build(),
                            LAYOUT));
        }
        return pieces;
    }

    private static Tally total(List<Piece> pieces) {
        return pieces.stream()
                .map(piece -> new Tally(1, piece.source().getLength()))
                .reduce(Tally.NONE, Tally::plus);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void everyBlockGoesToItsOwnerOnceWithinTheLimits(long seed) {
        Random random = new Random(seed);
        List<Piece> pieces = files(random, 200);
        Placement placement = placement(1 + random.nextInt(5));

        List<Cut> cuts = new BatchCutter(placement, LIMITS).load(pieces);

        Map<BlockId, Integer> seen = new HashMap<>();
        for (Cut cut : cuts) {
            assertEquals(cut.worker(), placement.owners(cut.slot()).getFirst());
            assertTrue(cut.items().size() <= LIMITS.files());
            long blocks = cut.items().stream().mapToLong(BatchItem::getBlocksCount).sum();
            assertTrue(cut.tally().bytes() <= LIMITS.bytes() || blocks == 1);
            for (BatchItem item : cut.items()) {
                FileVersion version = Messages.fromMessage(item.getSource()).fileVersion();
                for (int block : item.getBlocksList()) {
                    assertTrue(
                            placement.isOwner(
                                    cut.worker(),
                                    LAYOUT.placedBy(version, block, item.getSource().getLength())));
                    seen.merge(new BlockId(version, block), 1, Integer::sum);
                }
            }
        }
        assertEquals(pieces.stream().mapToInt(piece -> piece.blocks().size()).sum(), seen.size());
        assertTrue(seen.values().stream().allMatch(times -> times == 1));
        assertEquals(total(pieces), cuts.stream().map(Cut::tally).reduce(Tally.NONE, Tally::plus));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void everyWorkerIsToldToFreeEveryFileAndEachIsCountedOnce(long seed) {
        Random random = new Random(seed);
        List<Piece> pieces = files(random, 60);
        Placement placement = placement(3);
        List<WorkerId> workers =
                List.of(new WorkerId("w-0"), new WorkerId("w-1"), new WorkerId("w-2"));

        List<Cut> cuts = new BatchCutter(placement, LIMITS).free(pieces, workers);

        for (WorkerId worker : workers) {
            assertEquals(
                    pieces.stream().map(Piece::path).toList(),
                    cuts.stream()
                            .filter(cut -> cut.worker().equals(worker))
                            .flatMap(cut -> cut.items().stream())
                            .map(BatchItem::getPath)
                            .toList());
        }
        for (Cut cut : cuts) {
            assertEquals(cut.worker(), placement.owners(cut.slot()).getFirst());
            assertTrue(cut.items().size() <= LIMITS.files());
        }
        assertEquals(total(pieces), cuts.stream().map(Cut::tally).reduce(Tally.NONE, Tally::plus));
    }

    @Test
    void longNamesMakeSmallerBatches() {
        String name = "x".repeat(1000);
        List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            pieces.add(
                    Piece.whole(
                            WalkedFile.newBuilder()
                                    .setPath("/" + name + i)
                                    .setSource(
                                            FileSource.newBuilder()
                                                    .setMountId(1)
                                                    .setKey(name + i)
                                                    .setObjectVersion("v"))
                                    .build(),
                            LAYOUT));
        }

        List<Cut> cuts = new BatchCutter(placement(1), LIMITS).load(pieces);

        assertEquals(4, cuts.size());
    }

    @Test
    void movedBlocksKeepTheirCountWithTheirFirst() {
        Piece whole =
                files(new Random(3), 50).stream()
                        .filter(piece -> piece.blocks().size() > 6)
                        .findFirst()
                        .orElseThrow();
        BatchItem part =
                BatchItem.newBuilder()
                        .setPath(whole.path())
                        .setSource(whole.source())
                        .addAllBlocks(List.of(2, 4, 5))
                        .setCountsFile(true)
                        .build();

        List<Cut> cuts =
                new BatchCutter(placement(4), LIMITS).load(List.of(Piece.again(part, LAYOUT)));

        List<BatchItem> items = cuts.stream().flatMap(cut -> cut.items().stream()).toList();
        assertEquals(3, items.stream().mapToInt(BatchItem::getBlocksCount).sum());
        assertEquals(
                List.of(2),
                items.stream()
                        .filter(BatchItem::getCountsFile)
                        .map(item -> item.getBlocks(0))
                        .toList());
    }
}
