package io.millrace.block.policies;

import io.millrace.block.cluster.ClusterView;
import io.millrace.block.fill.Admission;
import io.millrace.block.known.KnownFiles;
import io.millrace.model.ByteCount;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicies;
import io.millrace.model.Ring;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * Keeps what a path occupies on this worker within the worker's share of its quota: the share that
 * its weight has in the ring.
 *
 * <p>Bytes are taken from the share as they are cached, and counted anew by each {@link #step},
 * which knows what has been dropped since. What finds no room goes to its readers uncached; when a
 * quota has become smaller, the files that were asked for longest ago go. Files the worker cannot
 * name are not counted.
 */
public final class Quotas implements Admission {

    private final WorkerPolicies policies;
    private final ClusterView view;
    private final KnownFiles known;
    private final ToLongFunction<FileVersion> residentBytes;
    private final Consumer<FileVersion> dropper;
    private final LongAdder refusedBytes = new LongAdder();
    private volatile Map<NamespacePath, AtomicLong> used = Map.of();

    /** A file of a path that may have to go. */
    private record Candidate(KnownFiles.Known file, long bytes) {}

    /**
     * @param residentBytes of a file
     * @param dropper takes a file out of the cache
     */
    public Quotas(
            WorkerPolicies policies,
            ClusterView view,
            KnownFiles known,
            ToLongFunction<FileVersion> residentBytes,
            Consumer<FileVersion> dropper) {
        this.policies = policies;
        this.view = view;
        this.known = known;
        this.residentBytes = residentBytes;
        this.dropper = dropper;
    }

    @Override
    public boolean take(FileSource source, long bytes) {
        List<PathPolicies.Origin<ByteCount>> quotas = quotas(source);
        for (int i = 0; i < quotas.size(); i++) {
            if (!take(quotas.get(i), bytes)) {
                quotas.subList(0, i).forEach(taken -> counter(taken.origin()).addAndGet(-bytes));
                refusedBytes.add(bytes);
                return false;
            }
        }
        return true;
    }

    private boolean take(PathPolicies.Origin<ByteCount> quota, long bytes) {
        AtomicLong counter = counter(quota.origin());
        if (counter.addAndGet(bytes) <= share(quota)) {
            return true;
        }
        counter.addAndGet(-bytes);
        return false;
    }

    @Override
    public Optional<String> refusal(FileSource source) {
        return quotas(source).stream()
                .filter(quota -> counter(quota.origin()).get() + source.length() > share(quota))
                .findFirst()
                .map(quota ->
                        "the quota of "
                                + quota.origin()
                                + " is "
                                + quota.value()
                                + ", of which this worker has "
                                + new ByteCount(share(quota))
                                + " and uses "
                                + new ByteCount(counter(quota.origin()).get())
                                + " (fs quota)");
    }

    /** Counts what is resident, and drops what is too much. One step at a time. */
    public boolean step() {
        Map<PathPolicies.Origin<ByteCount>, List<Candidate>> files = new HashMap<>();
        if (policies.hasQuota()) {
            for (KnownFiles.Known file : known.list()) {
                PathPolicies.Effective effective =
                        policies.effective(file.directory(), file.nameHash());
                long bytes =
                        effective.quotas().isEmpty()
                                ? 0
                                : residentBytes.applyAsLong(file.version());
                if (bytes > 0) {
                    for (PathPolicies.Origin<ByteCount> quota : effective.quotas()) {
                        files.computeIfAbsent(quota, _ -> new ArrayList<>())
                                .add(new Candidate(file, bytes));
                    }
                }
            }
        }
        Map<NamespacePath, AtomicLong> counted = new HashMap<>();
        files.forEach((quota, candidates) ->
                counted.put(quota.origin(), new AtomicLong(shrink(quota, candidates))));
        used = Map.copyOf(counted);
        return false;
    }

    /** What is left of a path once it has no more than it may. */
    private long shrink(PathPolicies.Origin<ByteCount> quota, List<Candidate> candidates) {
        long total = candidates.stream().mapToLong(Candidate::bytes).sum();
        long share = share(quota);
        if (total > share) {
            candidates.sort(Comparator.comparingLong(each -> each.file().askedMillis()));
            for (Candidate oldest : candidates) {
                if (total <= share) {
                    break;
                }
                dropper.accept(oldest.file().version());
                total -= oldest.bytes();
            }
        }
        return total;
    }

    /** A path nobody has counted yet gets a counter with the next step: until then it has one. */
    private AtomicLong counter(NamespacePath path) {
        AtomicLong counter = used.get(path);
        return counter == null ? addCounter(path) : counter;
    }

    private synchronized AtomicLong addCounter(NamespacePath path) {
        AtomicLong there = used.get(path);
        if (there != null) {
            return there;
        }
        Map<NamespacePath, AtomicLong> more = new HashMap<>(used);
        AtomicLong counter = new AtomicLong();
        more.put(path, counter);
        used = Map.copyOf(more);
        return counter;
    }

    private List<PathPolicies.Origin<ByteCount>> quotas(FileSource source) {
        return policies.hasQuota()
                ? policies.effective(source.mountId(), source.key()).quotas()
                : List.of();
    }

    private long share(PathPolicies.Origin<ByteCount> quota) {
        double all = 0;
        double own = 0;
        for (Ring.Member member : view.known().ring().members()) {
            all += member.weight();
            own += member.id().equals(view.self()) ? member.weight() : 0;
        }
        return all == 0 ? 0 : (long) (quota.value().bytes() * (own / all));
    }

    /** Bytes that were not cached for a quota. */
    public long refusedBytes() {
        return refusedBytes.sum();
    }
}
