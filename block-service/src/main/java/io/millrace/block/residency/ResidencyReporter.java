package io.millrace.block.residency;

import io.millrace.block.known.Directory;
import io.millrace.block.known.KnownFiles;
import io.millrace.contracts.v1.DirectoryResidency;
import io.millrace.contracts.v1.ResidencySummary;
import io.millrace.model.FileVersion;
import io.millrace.model.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * Sums up what lies on this worker by directory, and tells it. It asks the cache about each file it
 * knows, so that what is told is what was there, file by file, while the summary was made; nothing
 * is ever looked up in it. One step at a time.
 */
public final class ResidencyReporter {

    /** Half a record of the topic. */
    private static final long MOST_MESSAGE_BYTES = 512 << 10;

    private static final Duration HEAT_HALF_LIFE = Duration.ofHours(1);

    private final WorkerId worker;
    private final KnownFiles known;
    private final Cache cache;
    private final Consumer<ResidencySummary> sender;
    private final InstantSource clock;
    private final int mostDirectories;
    private Instant last;

    /**
     * What the cache holds.
     *
     * @param residentBytes of a file; 0: nothing
     * @param totals of all files
     */
    public record Cache(ToLongFunction<FileVersion> residentBytes, Supplier<Totals> totals) {}

    /** Files and bytes in the whole cache. */
    public record Totals(long files, long bytes) {}

    /**
     * @param known files whose directories are known; the rest is told as unknown
     * @param mostDirectories in one summary, 1 or more
     */
    public ResidencyReporter(
            WorkerId worker,
            Cache cache,
            Consumer<ResidencySummary> sender,
            InstantSource clock,
            KnownFiles known,
            int mostDirectories) {
        this.worker = worker;
        this.known = known;
        this.cache = cache;
        this.sender = sender;
        this.clock = clock;
        this.mostDirectories = mostDirectories;
        this.last = clock.instant();
    }

    /**
     * Makes a summary and sends it.
     *
     * @throws io.millrace.model.MillraceException what the sender throws; the next step sends
     *     another
     */
    public void step() {
        Instant now = clock.instant();
        double halves = Duration.between(last, now).toMillis() / (double) HEAT_HALF_LIFE.toMillis();
        last = now;
        Map<Directory, Sum> sums = new HashMap<>();
        List<KnownFiles.Known> gone = new ArrayList<>();
        long files = 0;
        long bytes = 0;
        known.cool(Math.pow(0.5, Math.max(0, halves)));
        for (KnownFiles.Known file : known.list()) {
            long resident = cache.residentBytes().applyAsLong(file.version());
            if (resident == 0) {
                if (!known.mayBeFetchedNow(file)) {
                    gone.add(file);
                }
            } else {
                files++;
                bytes += resident;
                sums.merge(file.directory(), new Sum(1, resident, file.heat(), false), Sum::plus);
            }
        }
        known.forget(gone);
        Totals totals = cache.totals().get();
        ResidencySummary.Builder summary =
                ResidencySummary.newBuilder()
                        .setWorkerId(worker.value())
                        .setMadeMillis(now.toEpochMilli())
                        .setUnknownFiles(Math.max(0, totals.files() - files))
                        .setUnknownBytes(Math.max(0, totals.bytes() - bytes));
        DirectoryFold.fold(sums, mostDirectories, MOST_MESSAGE_BYTES)
                .forEach((directory, sum) -> summary.addDirectories(message(directory, sum)));
        sender.accept(summary.build());
    }

    private static DirectoryResidency message(Directory directory, Sum sum) {
        return DirectoryResidency.newBuilder()
                .setMountId(directory.mountId())
                .setDirectory(directory.path())
                .setFiles(sum.files())
                .setResidentBytes(sum.bytes())
                .setHeat(sum.heat())
                .setFolded(sum.folded())
                .build();
    }
}
