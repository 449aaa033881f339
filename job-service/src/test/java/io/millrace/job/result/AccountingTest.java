package io.millrace.job.result;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.contracts.v1.Batch;
import io.millrace.contracts.v1.BatchItem;
import io.millrace.contracts.v1.BatchResult;
import io.millrace.contracts.v1.FailedItem;
import io.millrace.contracts.v1.FileSource;
import io.millrace.job.ledger.Course;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.Lost;
import io.millrace.job.ledger.OpenBatch;
import io.millrace.job.ledger.Tally;
import io.millrace.model.ErrorCode;
import java.util.List;
import org.junit.jupiter.api.Test;

class AccountingTest {

    private static final long BLOCK = 1 << 20;
    private static final BatchItem SMALL = item("/small", 100, true, 0);
    private static final BatchItem LARGE = item("/large", 3 * BLOCK, true, 0, 2);
    private static final BatchItem PART = item("/other", 2 * BLOCK, false, 1);
    private static final Tally ALL = new Tally(2, 100 + 3 * BLOCK);

    private static BatchItem item(String path, long length, boolean counts, Integer... blocks) {
        return BatchItem.newBuilder()
                .setPath(path)
                .setSource(
                        FileSource.newBuilder()
                                .setMountId(1)
                                .setKey(path.substring(1))
                                .setObjectVersion("v")
                                .setLength(length))
                .addAllBlocks(List.of(blocks))
                .setCountsFile(counts)
                .build();
    }

    private static OpenBatch batch(int moves) {
        return new OpenBatch(
                "b-1",
                new JobId("0000000000000"),
                1,
                "w-1",
                new Course(moves, 0, 0),
                ALL,
                BLOCK,
                Batch.newBuilder().addAllItems(List.of(SMALL, LARGE, PART)).build());
    }

    private static Outcome outcome(BatchResult.Builder result) {
        return outcome(result, 0);
    }

    private static Outcome outcome(BatchResult.Builder result, int moves) {
        Outcome outcome =
                new Accounting(JobKind.LOAD, batch(moves), 2, 3)
                        .outcome(result.setWorkerId("w-1").build());
        assertEquals(
                ALL,
                outcome.done()
                        .plus(outcome.skipped())
                        .plus(outcome.lost().total())
                        .plus(outcome.retriedTally())
                        .plus(outcome.returnedTally())
                        .plus(outcome.movedTally()));
        return outcome;
    }

    private static BatchResult.Builder done(long files, long bytes) {
        return BatchResult.newBuilder().setDoneFiles((int) files).setDoneBytes(bytes);
    }

    private static FailedItem failed(BatchItem item) {
        return FailedItem.newBuilder()
                .setItem(item)
                .setCode("NOT_FOUND")
                .setMessage("gone")
                .build();
    }

    @Test
    void whatIsToldIsTakenWhenItAddsUp() {
        Outcome outcome = outcome(done(1, 3 * BLOCK).setSkippedFiles(1).setSkippedBytes(100));

        assertEquals(new Tally(1, 3 * BLOCK), outcome.done());
        assertEquals(new Tally(1, 100), outcome.skipped());
        assertEquals("", outcome.complaint());
    }

    @Test
    void aFailedFileIsListedWithItsReason() {
        Outcome outcome = outcome(done(1, 3 * BLOCK).addFailed(failed(SMALL)));

        assertEquals(new Tally(1, 100), outcome.lost().total());
        assertEquals(ErrorCode.NOT_FOUND, outcome.failures().getFirst().failure().code());
        assertEquals("gone", outcome.failures().getFirst().failure().message());
    }

    @Test
    void whatAWorkerLeavesOutHasFailedAndTheWorkerIsNamed() {
        Outcome outcome = outcome(done(1, 100));

        assertEquals(new Tally(1, 3 * BLOCK), outcome.lost().total());
        assertTrue(outcome.complaint().contains("w-1"), outcome.complaint());
        assertEquals(1, outcome.failures().size());
    }

    @Test
    void moreThanTheBatchHoldsIsNotBelieved() {
        Outcome outcome = outcome(done(7, 99 * BLOCK));

        assertEquals(ALL, outcome.done());
        assertTrue(outcome.complaint().contains("w-1"), outcome.complaint());
    }

    @Test
    void oneItemToldTwiceIsTakenOnce() {
        Outcome outcome =
                outcome(done(1, 3 * BLOCK).addFailed(failed(SMALL)).addFailed(failed(SMALL)));

        assertEquals(new Tally(1, 100), outcome.lost().total());
    }

    @Test
    void aPartOfAnItemMayMoveAndTheRestIsDone() {
        BatchItem moved = item("/large", 3 * BLOCK, false, 2);
        Outcome outcome = outcome(done(2, 100 + 2 * BLOCK).addMoved(moved));

        assertEquals(List.of(moved), outcome.moved());
        assertEquals(new Tally(0, BLOCK), outcome.movedTally());
        assertEquals("", outcome.complaint());
    }

    @Test
    void whatMovesTooOftenHasFailed() {
        Outcome outcome = outcome(done(1, 100 + BLOCK).addMoved(LARGE), 2);

        assertEquals(List.of(), outcome.moved());
        assertEquals(new Tally(1, 2 * BLOCK), outcome.lost().total());
        assertTrue(
                outcome.failures()
                        .getFirst()
                        .failure()
                        .message()
                        .contains("millrace.jobs.max-moves"));
    }

    @Test
    void anItemThatIsNotInTheBatchIsIgnored() {
        Outcome outcome =
                outcome(done(2, 100 + 3 * BLOCK).addFailed(failed(item("/x", 5, true, 0))));

        assertEquals(Tally.NONE, outcome.lost().total());
    }

    @Test
    void aFreedBatchCountsNoMoreThanTheWorkersShare() {
        Outcome outcome =
                new Accounting(JobKind.FREE, batch(0), 2, 3).outcome(done(2, 50 * BLOCK).build());

        assertEquals(ALL, outcome.done());
        assertEquals(Tally.NONE, outcome.skipped());
    }

    @Test
    void whatWasNotResidentIsSkippedByAFree() {
        Outcome outcome =
                new Accounting(JobKind.FREE, batch(0), 2, 3).outcome(done(1, 100).build());

        assertEquals(new Tally(1, 100), outcome.done());
        assertEquals(new Tally(1, 3 * BLOCK), outcome.skipped());
    }

    @Test
    void whatHasVanishedOrChangedIsNotCountedAsFailed() {
        Outcome outcome =
                outcome(
                        done(0, 0)
                                .addFailed(failed(SMALL))
                                .addFailed(failed(LARGE).toBuilder().setCode("STALE_VERSION")));

        assertEquals(new Tally(1, 100), outcome.lost().vanished());
        assertEquals(new Tally(1, 2 * BLOCK), outcome.lost().changed());
    }

    @Test
    void whatMayPassIsTriedAgainUntilItWasTriedOftenEnough() {
        BatchResult result =
                done(1, 3 * BLOCK)
                        .addFailed(failed(SMALL).toBuilder().setCode("UNAVAILABLE"))
                        .build();

        Outcome second = new Accounting(JobKind.LOAD, tried(1), 2, 3).outcome(result);
        Outcome third = new Accounting(JobKind.LOAD, tried(2), 2, 3).outcome(result);

        assertEquals(List.of(SMALL), second.retried());
        assertEquals(Lost.NONE, second.lost());
        assertEquals(List.of(), third.retried());
        assertTrue(
                third.failures().getFirst().failure().message().endsWith("(tried 3 times)"),
                third.failures().toString());
    }

    private static OpenBatch tried(int tries) {
        OpenBatch batch = batch(0);
        return new OpenBatch(
                batch.id(),
                batch.job(),
                batch.attempt(),
                batch.worker(),
                new Course(0, tries, 0),
                batch.tally(),
                batch.blockBytes(),
                batch.message());
    }

    @Test
    void whatIsReturnedIsNeitherDoneNorLost() {
        Outcome outcome = outcome(done(1, 3 * BLOCK).addReturned(SMALL));

        assertEquals(List.of(SMALL), outcome.returned());
        assertEquals(new Tally(1, 100), outcome.returnedTally());
        assertEquals("", outcome.complaint());
    }
}
