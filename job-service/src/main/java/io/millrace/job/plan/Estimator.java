package io.millrace.job.plan;

import io.millrace.contracts.v1.FileSource;
import io.millrace.contracts.v1.WalkedFile;
import io.millrace.contracts.v1.Worker;
import io.millrace.job.cluster.Cluster;
import io.millrace.job.cluster.FoundFiles;
import io.millrace.job.cluster.Topology;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.Tally;
import io.millrace.job.selection.Selection;
import io.millrace.job.selection.Selector;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.WorkerId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * Tells what a job would do: walks the files page by page and asks their owners what is resident.
 * Memory is bounded by the page. A worker that does not answer counts as empty.
 */
public final class Estimator {

    private final Cluster cluster;
    private final EstimateSettings settings;
    private final Semaphore running;

    public Estimator(Cluster cluster, EstimateSettings settings) {
        this.cluster = cluster;
        this.settings = settings;
        this.running = new Semaphore(settings.concurrency());
    }

    /**
     * Estimates a job of {@code kind} on what is selected below {@code path}.
     *
     * @throws MillraceException BUSY when too many are running; DEADLINE_EXCEEDED when there are
     *     more files than can be looked at in time; what the metadata-service answers
     */
    public Estimate estimate(JobKind kind, NamespacePath path, Selection selection) {
        if (!running.tryAcquire()) {
            throw new MillraceException(
                    ErrorCode.BUSY,
                    settings.concurrency()
                            + " plans are running already (millrace.jobs.max-plans)");
        }
        try {
            return new Run(kind, path.toString(), new Selector(selection, path), cluster.topology())
                    .estimate();
        } finally {
            running.release();
        }
    }

    /** One dry run; used by one thread, but for the calls to the workers. */
    private final class Run {

        private final JobKind kind;
        private final String path;
        private final Selector selector;
        private final Topology topology;
        private final Duration timeout = settings.timeout();
        private final long deadline = System.nanoTime() + timeout.toNanos();
        private final Set<WorkerId> unreachable = ConcurrentHashMap.newKeySet();
        private final Map<WorkerId, Long> missingByWorker = new HashMap<>();
        private Tally total = Tally.NONE;
        private Tally resident = Tally.NONE;
        private long getRequests;
        private long homeless;

        Run(JobKind kind, String path, Selector selector, Topology topology) {
            this.kind = kind;
            this.path = path;
            this.selector = selector;
            this.topology = topology;
        }

        Estimate estimate() {
            String cursor = "";
            FoundFiles page;
            do {
                if (System.nanoTime() - deadline > 0) {
                    throw new MillraceException(
                            ErrorCode.DEADLINE_EXCEEDED,
                            "there are more files at %s than can be looked at within %d s (millrace.jobs.plan-timeout): %d so far"
                                    .formatted(path, timeout.toSeconds(), total.files()));
                }
                page = cluster.walk(path, cursor, settings.pageFiles());
                add(Selected.of(page.files(), selector));
                cursor = page.nextCursor();
            } while (!page.last());
            long capacity =
                    topology.workers().values().stream().mapToLong(Worker::getCapacityBytes).sum();
            long used = topology.workers().values().stream().mapToLong(Worker::getUsedBytes).sum();
            return new Estimate(kind, path, total, resident, getRequests, capacity, used, fits());
        }

        private boolean fits() {
            return homeless == 0
                    && missingByWorker.entrySet().stream()
                            .allMatch(missing -> {
                                Worker worker = topology.workers().get(missing.getKey());
                                return worker != null
                                        && missing.getValue()
                                                <= worker.getCapacityBytes()
                                                        - worker.getUsedBytes();
                            });
        }

        private void add(List<WalkedFile> files) {
            List<Shares> shares = new ArrayList<>(files.size());
            Map<WorkerId, List<Integer>> asked = new HashMap<>();
            for (int i = 0; i < files.size(); i++) {
                Shares share = shares(files.get(i).getSource());
                shares.add(share);
                for (WorkerId worker :
                        kind == JobKind.FREE ? topology.owners() : share.byOwner().keySet()) {
                    asked.computeIfAbsent(worker, _ -> new ArrayList<>()).add(i);
                }
            }
            Map<WorkerId, Map<Integer, Long>> answers = ask(files, asked);
            for (int i = 0; i < files.size(); i++) {
                count(i, files.get(i).getSource().getLength(), shares.get(i), answers);
            }
        }

        private void count(
                int index, long length, Shares shares, Map<WorkerId, Map<Integer, Long>> answers) {
            long here = 0;
            for (Map<Integer, Long> answer : answers.values()) {
                here += answer.getOrDefault(index, 0L);
            }
            for (Map.Entry<WorkerId, Long> share : shares.byOwner().entrySet()) {
                long has = answers.getOrDefault(share.getKey(), Map.of()).getOrDefault(index, 0L);
                long lacks = Math.max(0, share.getValue() - has);
                if (kind == JobKind.LOAD) {
                    getRequests += requests(lacks);
                    missingByWorker.merge(share.getKey(), lacks, Long::sum);
                }
            }
            here = Math.min(here, length);
            total = total.plus(new Tally(1, length));
            resident = resident.plus(new Tally(here == length ? 1 : 0, here));
            if (kind == JobKind.LOAD) {
                getRequests += requests(shares.unowned());
                homeless += shares.unowned();
            }
        }

        private long requests(long bytes) {
            return Math.ceilDiv(bytes, settings.requestBytes());
        }

        private Map<WorkerId, Map<Integer, Long>> ask(
                List<WalkedFile> files, Map<WorkerId, List<Integer>> asked) {
            Map<WorkerId, Map<Integer, Long>> answers = new ConcurrentHashMap<>();
            List<Thread> calls = new ArrayList<>();
            asked.forEach((worker, indexes) -> {
                if (!unreachable.contains(worker)) {
                    calls.add(
                            Thread.startVirtualThread(
                                    () -> answers.put(worker, residency(worker, files, indexes))));
                }
            });
            for (Thread call : calls) {
                try {
                    call.join();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new MillraceException(
                            ErrorCode.INTERRUPTED, "the plan of " + path + " was interrupted", e);
                }
            }
            return answers;
        }

        private Map<Integer, Long> residency(
                WorkerId worker, List<WalkedFile> files, List<Integer> indexes) {
            List<FileSource> sources =
                    indexes.stream().map(index -> files.get(index).getSource()).toList();
            Worker address = topology.workers().get(worker);
            Optional<List<Long>> resident =
                    address == null ? Optional.empty() : cluster.residency(address, sources);
            Map<Integer, Long> byIndex = new HashMap<>();
            if (resident.isEmpty()) {
                unreachable.add(worker);
                return byIndex;
            }
            for (int i = 0; i < indexes.size(); i++) {
                byIndex.put(indexes.get(i), resident.get().get(i));
            }
            return byIndex;
        }

        private Shares shares(FileSource source) {
            Piece piece =
                    Piece.whole(
                            WalkedFile.newBuilder().setSource(source).build(),
                            cluster.layout(source.getMountId()));
            Map<WorkerId, Long> byOwner = new HashMap<>();
            long unowned = 0;
            for (int block : piece.blocks()) {
                List<WorkerId> owners = topology.placement().owners(piece.placedBy(block));
                if (owners.isEmpty()) {
                    unowned += piece.bytes(block);
                } else {
                    byOwner.merge(owners.getFirst(), piece.bytes(block), Long::sum);
                }
            }
            return new Shares(byOwner, unowned);
        }
    }

    /** Bytes of one file by the worker that owns them. */
    private record Shares(Map<WorkerId, Long> byOwner, long unowned) {}
}
