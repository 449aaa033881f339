package io.millrace.block.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.block.Eventually;
import io.millrace.block.TestWorkerParts;
import io.millrace.block.cluster.ClusterView;
import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.Batch;
import io.millrace.contracts.v1.BatchItem;
import io.millrace.contracts.v1.BatchKind;
import io.millrace.contracts.v1.BatchResult;
import io.millrace.contracts.v1.JobControl;
import io.millrace.embedded.testing.TestServers;
import io.millrace.model.BlockLayout;
import io.millrace.model.FileSource;
import io.millrace.model.Ring;
import io.millrace.model.WorkerId;
import io.millrace.topics.Topics;
import io.millrace.understore.UnderStoreListener.Verb;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Batches over a real Kafka. Each test uses its own worker's name and job. */
@SuppressWarnings("NullAway.Init")
class BatchConsumerTest {

    private static final int SLOTS = 4;
    private static final int MIB = 1 << 20;
    private static final WorkerId SELF = new WorkerId("self");
    private static final WorkerId OTHER = new WorkerId("other");

    @TempDir Path directory;

    private String kafka;
    private TestWorkerParts parts;
    private ClusterView view;
    private BatchConsumer consumer;
    private String job;
    private JobGates gates;

    @BeforeEach
    void start() throws IOException {
        kafka = TestServers.kafka().bootstrapServers();
        Topics.ensure(
                kafka, SLOTS, Duration.ofSeconds(60), Topics.BLOCK_BATCHES, Topics.BLOCK_RESULTS);
        parts = new TestWorkerParts(directory, 64L * MIB);
        view = new ClusterView(SELF, System::nanoTime);
        job = "job-" + System.nanoTime();
        gates = new JobGates(System::nanoTime);
        BatchRunner runner =
                new BatchRunner(
                        parts.filler, parts.cache, parts.mounts, view, Clock.systemUTC(), 8, gates);
        consumer =
                new BatchConsumer(
                        new BatchSettings(kafka, 8, 2, Duration.ofMillis(100)),
                        view,
                        runner,
                        BatchMeter.NONE,
                        Clock.systemUTC());
        consumer.start();
    }

    @AfterEach
    void stop() {
        consumer.close();
        parts.close();
    }

    @Test
    void aLoadIsRunReportedAndCommittedAndAgainItIsSkipped() throws Exception {
        view.update(ring(1, SELF), Map.of());
        parts.object("a", 6 * MIB);
        parts.object("empty", 0);
        FileSource file = parts.stat("a");
        BatchItem a = item("/a", file, List.of(0, 1), true);
        BatchItem empty = item("/empty", parts.stat("empty"), List.of(0), true);
        BatchItem missing =
                item("/b", new FileSource(TestWorkerParts.MOUNT, "b", "v", 5), List.of(0), true);
        send(2, batch("one", BatchKind.BATCH_KIND_LOAD, a, empty, missing));
        BatchResult first = result("one");
        assertEquals("self", first.getWorkerId());
        assertEquals(2, first.getDoneItems());
        assertEquals(2, first.getDoneFiles());
        assertEquals(6 * MIB, first.getDoneBytes());
        assertEquals(1, first.getFailedCount());
        assertEquals("NOT_FOUND", first.getFailed(0).getCode());
        assertEquals(missing, first.getFailed(0).getItem());
        assertEquals(6 * MIB, parts.cache.residentBytes(file.fileVersion()));

        long reads = parts.counts.calls(Verb.READ);
        send(2, batch("two", BatchKind.BATCH_KIND_LOAD, a, empty));
        BatchResult second = result("two");
        assertEquals(2, second.getSkippedFiles());
        assertEquals(6 * MIB, second.getSkippedBytes());
        assertEquals(0, second.getDoneItems());
        assertEquals(reads, parts.counts.calls(Verb.READ));
        Eventually.holds("both offsets are committed", () -> lag(2) == 0);
    }

    @Test
    void aBatchOfAHaltedJobIsGivenBackAndOneWhoseTimeIsOverIsPassedBy() throws Exception {
        view.update(ring(1, SELF), Map.of());
        parts.object("a", MIB);
        BatchItem a = item("/a", parts.stat("a"), List.of(0), true);
        gates.apply(
                List.of(
                        JobControl.newBuilder()
                                .setJobId(job)
                                .setRevision(2)
                                .setHalted(true)
                                .build()));
        Batch halted = batch("halted", BatchKind.BATCH_KIND_LOAD, a);
        send(1, halted.toBuilder().setBatchId("expired").setExpiresMillis(1).build());
        send(1, halted);

        BatchResult result = result("halted");

        assertEquals(List.of(a), result.getReturnedList());
        assertEquals(0, result.getDoneItems());
        assertEquals(0, parts.counts.calls(Verb.READ));
        gates.apply(List.of(JobControl.newBuilder().setJobId(job).setRevision(3).build()));
        send(1, batch("resumed", BatchKind.BATCH_KIND_LOAD, a));
        assertEquals(MIB, result("resumed").getDoneBytes());
    }

    @Test
    void aLoadThatRunsStopsWithinTwoSecondsOfAHalt() throws Exception {
        view.update(ring(1, SELF), Map.of());
        parts.object("big", 64 * MIB);
        List<Integer> blocks = IntStream.range(0, 16).boxed().toList();
        BatchItem big = item("/big", parts.stat("big"), blocks, true);
        JobControl slow =
                JobControl.newBuilder()
                        .setJobId(job)
                        .setRevision(1)
                        .setBytesPerSecond(8 * MIB)
                        .build();
        send(1, batch("slow", BatchKind.BATCH_KIND_LOAD, big).toBuilder().setControl(slow).build());
        Eventually.holds("it has begun", () -> parts.counts.calls(Verb.READ) > 0);
        long halted = System.nanoTime();
        gates.apply(List.of(slow.toBuilder().setRevision(2).setHalted(true).build()));

        BatchResult result = result("slow");

        assertTrue(
                System.nanoTime() - halted < Duration.ofSeconds(2).toNanos(),
                "longer than the bound that is promised");
        long returned =
                result.getReturnedList().stream().mapToLong(BatchItem::getBlocksCount).sum();
        assertEquals(64L * MIB, result.getDoneBytes() + returned * 4 * MIB);
        assertTrue(returned > 0);
        assertEquals(0, result.getDoneFiles(), "the file is counted with what is left of it");
        assertTrue(result.getReturned(0).getCountsFile());
    }

    @Test
    void blocksOfAnotherOwnerAreMovedAndTheRestIsLoaded() throws Exception {
        Ring both = ring(1, SELF, OTHER);
        view.update(both, Map.of());
        int slot = view.ownSlots().getFirst();
        byte[] bytes = parts.object("big", 68 * MIB);
        FileSource file = parts.stat("big");
        List<Integer> blocks = IntStream.range(0, 17).boxed().toList();
        BlockLayout layout = new BlockLayout(4 << 20);
        List<Integer> own =
                blocks.stream()
                        .filter(block ->
                                both.placement()
                                        .isOwner(
                                                SELF,
                                                layout.placedBy(
                                                        file.fileVersion(), block, bytes.length)))
                        .toList();
        assertTrue(!own.isEmpty() && own.size() < blocks.size(), own.toString());
        send(slot, batch("mixed", BatchKind.BATCH_KIND_LOAD, item("/big", file, blocks, true)));
        BatchResult result = result("mixed");
        assertEquals(
                own.stream().mapToLong(b -> layout.range(b, bytes.length).length()).sum(),
                result.getDoneBytes());
        assertEquals(1, result.getDoneFiles());
        assertEquals(1, result.getMovedCount());
        assertEquals(blocks.size() - own.size(), result.getMoved(0).getBlocksCount());
        assertEquals(false, result.getMoved(0).getCountsFile());
    }

    @Test
    void freeingDropsWhateverIsThere() throws Exception {
        view.update(ring(1, SELF), Map.of());
        parts.object("a", MIB);
        FileSource file = parts.stat("a");
        parts.filler.load(
                file.fileVersion(), file, io.millrace.model.ByteRange.whole(file.length()));
        BatchItem a = item("/a", file, List.of(), true);
        BatchItem b =
                item("/b", new FileSource(TestWorkerParts.MOUNT, "b", "v", 5), List.of(), true);
        send(1, batch("free", BatchKind.BATCH_KIND_FREE, a, b));
        BatchResult result = result("free");
        assertEquals(1, result.getDoneFiles());
        assertEquals(MIB, result.getDoneBytes());
        assertEquals(1, result.getSkippedFiles());
        assertEquals(0, parts.cache.residentBytes(file.fileVersion()));
    }

    @Test
    void aMessageThatIsNoBatchIsPassedBy() throws Exception {
        view.update(ring(1, SELF), Map.of());
        sendBytes(3, new byte[] {(byte) 0xff, 1, 2});
        send(3, batch("behind", BatchKind.BATCH_KIND_LOAD));
        assertEquals(job, result("behind").getJobId());
        Eventually.holds("all offsets are committed", () -> lag(3) == 0);
    }

    @Test
    void aSlotIsTakenUpWhenTheRingGivesIt() throws Exception {
        view.update(ring(1, OTHER), Map.of());
        for (int slot = 0; slot < SLOTS; slot++) {
            send(slot, batch("later-" + slot, BatchKind.BATCH_KIND_LOAD));
        }
        view.update(ring(2, SELF), Map.of());
        for (int slot = 0; slot < SLOTS; slot++) {
            assertEquals(job, result("later-" + slot).getJobId());
        }
    }

    private static Ring ring(long epoch, WorkerId... workers) {
        List<Ring.Member> members = new ArrayList<>();
        for (WorkerId worker : workers) {
            members.add(new Ring.Member(worker, 100, false));
        }
        return new Ring(epoch, SLOTS, members);
    }

    private Batch batch(String id, BatchKind kind, BatchItem... items) {
        return Batch.newBuilder()
                .setBatchId(job + "/" + id)
                .setJobId(job)
                .setAttempt(1)
                .setKind(kind)
                .addAllItems(List.of(items))
                .build();
    }

    private static BatchItem item(
            String path, FileSource source, List<Integer> blocks, boolean counts) {
        return BatchItem.newBuilder()
                .setPath(path)
                .setSource(Messages.toMessage(source))
                .addAllBlocks(blocks)
                .setCountsFile(counts)
                .build();
    }

    private void send(int slot, Batch batch) throws Exception {
        sendBytes(slot, batch.toByteArray());
    }

    private void sendBytes(int slot, byte[] bytes) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", kafka),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(Topics.BLOCK_BATCHES.name(), slot, null, bytes))
                    .get();
        }
    }

    /** The result of a batch of this test's job, read from the start of the topic. */
    private BatchResult result(String id) {
        try (KafkaConsumer<byte[], byte[]> results =
                new KafkaConsumer<>(
                        Map.of("bootstrap.servers", kafka, "auto.offset.reset", "earliest"),
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer())) {
            List<TopicPartition> partitions =
                    results.partitionsFor(Topics.BLOCK_RESULTS.name()).stream()
                            .map(info -> new TopicPartition(info.topic(), info.partition()))
                            .toList();
            results.assign(partitions);
            results.seekToBeginning(partitions);
            long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (System.nanoTime() < deadline) {
                for (var message : results.poll(Duration.ofMillis(100))) {
                    BatchResult result = Topics.BLOCK_RESULTS.decode(message.value());
                    if (result.getBatchId().equals(job + "/" + id)) {
                        return result;
                    }
                }
            }
        }
        throw new AssertionError("no result of batch " + id + " within 30 s");
    }

    private long lag(int slot) throws Exception {
        TopicPartition partition = new TopicPartition(Topics.BLOCK_BATCHES.name(), slot);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka));
                KafkaConsumer<byte[], byte[]> ends =
                        new KafkaConsumer<>(
                                Map.of("bootstrap.servers", kafka),
                                new ByteArrayDeserializer(),
                                new ByteArrayDeserializer())) {
            var committed =
                    admin.listConsumerGroupOffsets(Topics.WORKERS_GROUP)
                            .partitionsToOffsetAndMetadata()
                            .get()
                            .get(partition);
            long end = ends.endOffsets(Set.of(partition)).getOrDefault(partition, -1L);
            return committed == null ? -1 : end - committed.offset();
        }
    }
}
