package io.millrace.job.testing;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.Batch;
import io.millrace.contracts.v1.BatchItem;
import io.millrace.contracts.v1.BatchKind;
import io.millrace.contracts.v1.BatchResult;
import io.millrace.contracts.v1.BlockServiceGrpc;
import io.millrace.contracts.v1.ControlJobsRequest;
import io.millrace.contracts.v1.ControlJobsResponse;
import io.millrace.contracts.v1.FailedItem;
import io.millrace.contracts.v1.JobControl;
import io.millrace.contracts.v1.ResidencyRequest;
import io.millrace.contracts.v1.ResidencyResponse;
import io.millrace.model.BlockLayout;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileVersion;
import io.millrace.model.Placement;
import io.millrace.model.WorkerId;
import io.millrace.topics.Topics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A worker without a disk: it speaks the real topics and the real control port, remembers which
 * blocks it "has", and fails, moves or keeps silent about what the test says.
 */
public final class ScriptedWorker extends BlockServiceGrpc.BlockServiceImplBase
        implements AutoCloseable {

    private static final BlockLayout LAYOUT = new BlockLayout(FakeNamespace.BLOCK_BYTES);

    private final WorkerId id;
    private final FakeNamespace namespace;
    private final KafkaConsumer<String, byte[]> batches;
    private final KafkaProducer<String, byte[]> results;
    private final Server control;
    private final Map<FileVersion, Set<Integer>> resident = new ConcurrentHashMap<>();
    private final Map<String, ErrorCode> failing = new ConcurrentHashMap<>();
    private final List<Batch> received = new ArrayList<>();
    private final Map<String, JobControl> controls = new ConcurrentHashMap<>();
    private boolean silent;

    public ScriptedWorker(String id, FakeNamespace namespace, String bootstrapServers)
            throws IOException {
        this.id = new WorkerId(id);
        this.namespace = namespace;
        this.batches =
                new KafkaConsumer<>(
                        Map.of(
                                "bootstrap.servers",
                                bootstrapServers,
                                "enable.auto.commit",
                                "false"),
                        new StringDeserializer(),
                        new ByteArrayDeserializer());
        this.results =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", bootstrapServers, "linger.ms", "0"),
                        new StringSerializer(),
                        new ByteArraySerializer());
        List<TopicPartition> partitions =
                IntStream.range(0, FakeNamespace.SLOTS)
                        .mapToObj(slot -> new TopicPartition(Topics.BLOCK_BATCHES.name(), slot))
                        .toList();
        batches.assign(partitions);
        batches.seekToEnd(partitions);
        partitions.forEach(batches::position);
        control =
                NettyServerBuilder.forAddress(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        .addService(this)
                        .build()
                        .start();
    }

    public WorkerId id() {
        return id;
    }

    public int controlPort() {
        return control.getPort();
    }

    /** From now on every part of {@code path} fails here. */
    public void fail(String path) {
        fail(path, ErrorCode.PERMISSION_DENIED);
    }

    /** As the other, with {@code code}. */
    public void fail(String path, ErrorCode code) {
        failing.put(path, code);
    }

    /** Every part of {@code path} is well here from now on. */
    public void heal(String path) {
        failing.remove(path);
    }

    /** Loses what it has, as when its disk is replaced. */
    public void lose() {
        resident.clear();
    }

    /** While silent, it reads batches and answers none. */
    public void setSilent(boolean silent) {
        this.silent = silent;
    }

    /** How it was told to do a job, by a call or with a batch. */
    public JobControl control(String job) {
        return controls.getOrDefault(job, JobControl.getDefaultInstance());
    }

    private void hear(JobControl told) {
        controls.merge(
                told.getJobId(),
                told,
                (old, now) -> now.getRevision() >= old.getRevision() ? now : old);
    }

    @Override
    public void controlJobs(
            ControlJobsRequest request, StreamObserver<ControlJobsResponse> observer) {
        request.getJobsList().forEach(this::hear);
        observer.onNext(ControlJobsResponse.getDefaultInstance());
        observer.onCompleted();
    }

    /** The batches it has read of slots it owned, in order. */
    public List<Batch> received() {
        return List.copyOf(received);
    }

    /** Answers what has come. */
    public void step() {
        Placement placement = Messages.fromMessage(namespace.ring()).placement();
        Set<Integer> mine = new HashSet<>(placement.slotsOf(id));
        for (ConsumerRecord<String, byte[]> record : batches.poll(Duration.ofMillis(20))) {
            if (mine.contains(record.partition())) {
                Batch batch = Topics.BLOCK_BATCHES.decode(record.value());
                received.add(batch);
                hear(batch.getControl());
                if (!silent) {
                    send(run(batch, placement));
                }
            }
        }
    }

    /** Publishes a result as a worker would. */
    public void send(BatchResult result) {
        try {
            results.send(
                            new ProducerRecord<>(
                                    Topics.BLOCK_RESULTS.name(),
                                    result.getJobId(),
                                    Topics.BLOCK_RESULTS.encode(result)))
                    .get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Does a batch and tells what it did. */
    public BatchResult run(Batch batch, Placement placement) {
        BatchResult.Builder result =
                BatchResult.newBuilder()
                        .setBatchId(batch.getBatchId())
                        .setJobId(batch.getJobId())
                        .setAttempt(batch.getAttempt())
                        .setWorkerId(id.value());
        if (control(batch.getJobId()).getHalted()) {
            return result.addAllReturned(batch.getItemsList()).build();
        }
        for (BatchItem item : batch.getItemsList()) {
            ErrorCode failure = failing.get(item.getPath());
            if (failure != null) {
                result.addFailed(
                        FailedItem.newBuilder()
                                .setItem(item)
                                .setCode(failure.name())
                                .setMessage("scripted: " + item.getPath()));
            } else if (batch.getKind() == BatchKind.BATCH_KIND_FREE) {
                free(item, result);
            } else if (batch.getKind() == BatchKind.BATCH_KIND_VERIFY) {
                verify(item, result);
            } else {
                load(item, placement, batch.getOwnerRank(), result);
            }
        }
        return result.build();
    }

    private void verify(BatchItem item, BatchResult.Builder result) {
        Set<Integer> has =
                resident.getOrDefault(
                        Messages.fromMessage(item.getSource()).fileVersion(), Set.of());
        long verified = 0;
        long absent = 0;
        for (int block : item.getBlocksList()) {
            if (has.contains(block)) {
                verified += blockBytes(item, block);
            } else {
                absent += blockBytes(item, block);
            }
        }
        int counts = item.getCountsFile() ? 1 : 0;
        result.setDoneBytes(result.getDoneBytes() + verified)
                .setSkippedBytes(result.getSkippedBytes() + absent);
        if (verified > 0) {
            result.setDoneItems(result.getDoneItems() + 1)
                    .setDoneFiles(result.getDoneFiles() + counts);
        } else {
            result.setSkippedItems(result.getSkippedItems() + 1)
                    .setSkippedFiles(result.getSkippedFiles() + counts);
        }
    }

    private void load(BatchItem item, Placement placement, int rank, BatchResult.Builder result) {
        FileVersion version = Messages.fromMessage(item.getSource()).fileVersion();
        if (item.getBlocksList().stream()
                .map(block -> LAYOUT.placedBy(version, block, item.getSource().getLength()))
                .map(placement::owners)
                .anyMatch(owners -> rank >= owners.size() || !owners.get(rank).equals(id))) {
            result.addMoved(item);
            return;
        }
        Set<Integer> has = resident.computeIfAbsent(version, _ -> ConcurrentHashMap.newKeySet());
        long fetched = 0;
        long bytes = 0;
        for (int block : item.getBlocksList()) {
            long length = blockBytes(item, block);
            bytes += length;
            fetched += has.add(block) ? length : 0;
        }
        int counts = item.getCountsFile() ? 1 : 0;
        result.setDoneBytes(result.getDoneBytes() + fetched)
                .setSkippedBytes(result.getSkippedBytes() + bytes - fetched);
        if (fetched > 0) {
            result.setDoneItems(result.getDoneItems() + 1)
                    .setDoneFiles(result.getDoneFiles() + counts);
        } else {
            result.setSkippedItems(result.getSkippedItems() + 1)
                    .setSkippedFiles(result.getSkippedFiles() + counts);
        }
    }

    private void free(BatchItem item, BatchResult.Builder result) {
        Set<Integer> had = resident.remove(Messages.fromMessage(item.getSource()).fileVersion());
        int counts = item.getCountsFile() ? 1 : 0;
        if (had == null) {
            result.setSkippedItems(result.getSkippedItems() + 1)
                    .setSkippedFiles(result.getSkippedFiles() + counts)
                    .setSkippedBytes(result.getSkippedBytes() + item.getSource().getLength());
        } else {
            long bytes = had.stream().mapToLong(block -> blockBytes(item, block)).sum();
            result.setDoneItems(result.getDoneItems() + 1)
                    .setDoneFiles(result.getDoneFiles() + counts)
                    .setDoneBytes(result.getDoneBytes() + bytes);
        }
    }

    private static long blockBytes(BatchItem item, int block) {
        return LAYOUT.range(block, item.getSource().getLength()).length();
    }

    @Override
    public void residency(ResidencyRequest request, StreamObserver<ResidencyResponse> observer) {
        ResidencyResponse.Builder response = ResidencyResponse.newBuilder();
        Map<FileVersion, Long> known = new HashMap<>();
        request.getFilesList()
                .forEach(file -> {
                    FileVersion version = Messages.fromMessage(file).fileVersion();
                    BatchItem item = BatchItem.newBuilder().setSource(file).build();
                    known.computeIfAbsent(
                            version,
                            v ->
                                    resident.getOrDefault(v, Set.of()).stream()
                                            .mapToLong(block -> blockBytes(item, block))
                                            .sum());
                    response.addResidentBytes(known.getOrDefault(version, 0L));
                });
        for (int i = 0; i < request.getLoadsCount(); i++) {
            BatchItem item = BatchItem.newBuilder().setSource(request.getFiles(i)).build();
            Set<Integer> has =
                    resident.getOrDefault(
                            Messages.fromMessage(request.getFiles(i)).fileVersion(), Set.of());
            List<Integer> missing =
                    request.getLoads(i).getBlocksList().stream()
                            .filter(block -> !has.contains(block))
                            .toList();
            response.addMissingBytes(
                            missing.stream().mapToLong(block -> blockBytes(item, block)).sum())
                    .addLoadRequests(missing.size());
        }
        observer.onNext(response.build());
        observer.onCompleted();
    }

    @Override
    public void close() {
        control.shutdownNow();
        batches.close();
        results.close(Duration.ofSeconds(5));
    }
}
