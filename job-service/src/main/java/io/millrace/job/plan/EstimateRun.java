package io.millrace.job.plan;

import io.millrace.contracts.v1.FileSource;
import io.millrace.contracts.v1.WalkedFile;
import io.millrace.contracts.v1.Worker;
import io.millrace.job.cluster.Cluster;
import io.millrace.job.cluster.Cluster.Held;
import io.millrace.job.cluster.FoundFiles;
import io.millrace.job.cluster.Topology;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.Tally;
import io.millrace.job.selection.Selector;
import io.millrace.model.BlockLayout;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicies;
import io.millrace.model.WorkerId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** One estimate; used by one thread, but for the calls to the workers. */
final class EstimateRun {

    /** The default of millrace.worker.fill.run, of workers that do not say what they would ask. */
    private static final long ASSUMED_RUN_BYTES = 8L << 20;

    private final Cluster cluster;
    private final EstimateSettings settings;
    private final JobKind kind;
    private final String path;
    private final Selector selector;
    private final Topology topology;
    private final PathPolicies policies;
    private final long deadline;
    private final MessageDigest digest = sha256();
    private final Set<WorkerId> unreachable = ConcurrentHashMap.newKeySet();
    private final Map<WorkerId, Long> heldByWorker = new HashMap<>();
    private final Map<WorkerId, Long> missingByWorker = new HashMap<>();
    private Tally total = Tally.NONE;
    private Tally resident = Tally.NONE;
    private Tally fetch = Tally.NONE;
    private long unselected;
    private long gets;
    private long heads;
    private long homeless;

    EstimateRun(
            Cluster cluster,
            EstimateSettings settings,
            JobKind kind,
            NamespacePath path,
            Selector selector) {
        this.cluster = cluster;
        this.settings = settings;
        this.kind = kind;
        this.path = path.toString();
        this.selector = selector;
        this.topology = cluster.topology();
        this.policies = kind == JobKind.WARM_REPLICAS ? cluster.policies() : PathPolicies.NONE;
        this.deadline = System.nanoTime() + settings.timeout().toNanos();
    }

    /** What one worker has to do with one file. */
    private record Part(
            int file, WorkerId worker, BlockLayout layout, List<Integer> blocks, long bytes) {}

    Estimate estimate() {
        String cursor = "";
        boolean last = kind == JobKind.UNPIN;
        while (!last) {
            checkTime();
            FoundFiles page = cluster.walk(path, cursor, settings.pageFiles());
            List<WalkedFile> selected = Selected.of(page.files(), selector);
            unselected += page.files().size() - selected.size();
            selected.forEach(this::addToHash);
            if (kind.isLoading()) {
                addLoaded(selected);
            } else {
                addOthers(selected);
            }
            cursor = page.nextCursor();
            last = page.last();
        }
        return new Estimate(
                kind,
                path,
                total,
                unselected,
                resident,
                fetch,
                new Estimate.Requests(gets, heads),
                workers(),
                unreachable.stream().sorted().toList(),
                homeless,
                HexFormat.of().formatHex(digest.digest()));
    }

    private void checkTime() {
        if (System.nanoTime() - deadline > 0) {
            throw new MillraceException(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "there are more files at %s than can be looked at within %d s (millrace.jobs.plan-timeout): %d so far"
                            .formatted(path, settings.timeout().toSeconds(), total.files()));
        }
    }

    private List<Estimate.WorkerPart> workers() {
        return new TreeMap<>(topology.workers())
                .entrySet().stream()
                        .map(entry ->
                                new Estimate.WorkerPart(
                                        entry.getKey(),
                                        heldByWorker.getOrDefault(entry.getKey(), 0L),
                                        missingByWorker.getOrDefault(entry.getKey(), 0L),
                                        entry.getValue().getCapacityBytes(),
                                        entry.getValue().getUsedBytes()))
                        .toList();
    }

    /** Texts end with a character that is in none. */
    private void addToHash(WalkedFile file) {
        String line =
                file.getPath()
                        + "\0"
                        + file.getSource().getObjectVersion()
                        + "\0"
                        + file.getSource().getLength()
                        + "\0";
        digest.update(line.getBytes(StandardCharsets.UTF_8));
    }

    private void addLoaded(List<WalkedFile> files) {
        long[] bytes = new long[files.size()];
        long[] lacks = new long[files.size()];
        Map<WorkerId, List<Part>> byWorker = new HashMap<>();
        for (int i = 0; i < files.size(); i++) {
            for (Part part : parts(i, files.get(i))) {
                byWorker.computeIfAbsent(part.worker(), _ -> new ArrayList<>()).add(part);
                bytes[i] += part.bytes();
            }
            long length = files.get(i).getSource().getLength();
            if (bytes[i] < length) {
                homeless += length - bytes[i];
                lacks[i] = length - bytes[i];
                bytes[i] = length;
                gets += Math.ceilDiv(lacks[i], ASSUMED_RUN_BYTES);
            }
        }
        Map<WorkerId, List<Held>> answers = ask(files, byWorker);
        byWorker.forEach((worker, parts) -> {
            List<Held> held = answers.getOrDefault(worker, List.of());
            for (int i = 0; i < parts.size(); i++) {
                Part part = parts.get(i);
                Held answer =
                        i < held.size()
                                ? held.get(i)
                                : new Held(
                                        0,
                                        part.bytes(),
                                        Math.ceilDiv(part.bytes(), ASSUMED_RUN_BYTES));
                lacks[part.file()] += answer.missingBytes();
                gets += answer.requests();
                heldByWorker.merge(worker, part.bytes(), Long::sum);
                missingByWorker.merge(worker, answer.missingBytes(), Long::sum);
            }
        });
        for (int i = 0; i < files.size(); i++) {
            total = total.plus(new Tally(1, bytes[i]));
            resident = resident.plus(new Tally(lacks[i] == 0 ? 1 : 0, bytes[i] - lacks[i]));
            fetch = fetch.plus(new Tally(lacks[i] == 0 ? 0 : 1, lacks[i]));
        }
    }

    /** Nothing is fetched: what lies on any of the workers is what is freed or verified. */
    private void addOthers(List<WalkedFile> files) {
        Map<WorkerId, List<Part>> byWorker = new HashMap<>();
        if (!kind.isListing()) {
            for (WorkerId worker : topology.owners()) {
                List<Part> parts = new ArrayList<>(files.size());
                for (int i = 0; i < files.size(); i++) {
                    parts.add(new Part(i, worker, BlockLayout.DEFAULT, List.of(), 0));
                }
                byWorker.put(worker, parts);
            }
        }
        Map<WorkerId, List<Held>> answers = ask(files, byWorker);
        for (int i = 0; i < files.size(); i++) {
            int file = i;
            long length = kind.isListing() ? 0 : files.get(i).getSource().getLength();
            long here =
                    Math.min(
                            length,
                            answers.values().stream()
                                    .filter(held -> file < held.size())
                                    .mapToLong(held -> held.get(file).residentBytes())
                                    .sum());
            total = total.plus(new Tally(1, length));
            resident = resident.plus(new Tally(here == length ? 1 : 0, here));
            heads += kind == JobKind.VERIFY ? 1 : 0;
        }
    }

    private List<Part> parts(int index, WalkedFile file) {
        FileSource source = file.getSource();
        Piece piece = Piece.whole(file, cluster.layout(source.getMountId()));
        int copies =
                kind == JobKind.WARM_REPLICAS
                        ? policies.effective(NamespacePath.parse(file.getPath())).replicasOr(1)
                        : 1;
        Map<WorkerId, List<Integer>> byOwner = new TreeMap<>();
        for (int block : piece.blocks()) {
            topology.placement().owners(piece.placedBy(block)).stream()
                    .limit(copies)
                    .forEach(owner ->
                            byOwner.computeIfAbsent(owner, _ -> new ArrayList<>()).add(block));
        }
        List<Part> parts = new ArrayList<>();
        byOwner.forEach((worker, blocks) ->
                parts.add(
                        new Part(
                                index,
                                worker,
                                piece.layout(),
                                blocks,
                                blocks.stream().mapToLong(piece::bytes).sum())));
        return parts;
    }

    private Map<WorkerId, List<Held>> ask(
            List<WalkedFile> files, Map<WorkerId, List<Part>> byWorker) {
        Map<WorkerId, List<Held>> answers = new ConcurrentHashMap<>();
        List<Thread> calls = new ArrayList<>();
        byWorker.forEach((worker, parts) -> {
            if (!unreachable.contains(worker)) {
                calls.add(
                        Thread.startVirtualThread(
                                () -> answers.put(worker, ask(worker, files, parts))));
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

    private List<Held> ask(WorkerId worker, List<WalkedFile> files, List<Part> parts) {
        Worker address = topology.workers().get(worker);
        Optional<List<Held>> held =
                address == null
                        ? Optional.empty()
                        : cluster.residency(
                                address,
                                parts.stream()
                                        .map(part ->
                                                new Cluster.Asked(
                                                        files.get(part.file()).getSource(),
                                                        part.layout(),
                                                        part.blocks()))
                                        .toList());
        if (held.isEmpty()) {
            unreachable.add(worker);
        }
        return held.orElse(List.of());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
