package io.millrace.block.policies;

import io.millrace.block.known.KnownFiles;
import io.millrace.model.FileVersion;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/**
 * Frees files that nobody has asked this worker for in the time their path's TTL gives. The bucket
 * is not touched, pinned files stay, and who reads a file at that moment reads on.
 */
public final class TtlSweep {

    private final KnownFiles known;
    private final WorkerPolicies policies;
    private final Function<FileVersion, OptionalLong> dropper;
    private final InstantSource clock;
    private final int mostAtOnce;
    private final LongAdder freedFiles = new LongAdder();
    private final LongAdder freedBytes = new LongAdder();

    /**
     * @param dropper takes a file out of the cache and answers its bytes; empty: it was not there
     * @param mostAtOnce files freed in one step, 1 or more
     */
    public TtlSweep(
            KnownFiles known,
            WorkerPolicies policies,
            Function<FileVersion, OptionalLong> dropper,
            InstantSource clock,
            int mostAtOnce) {
        this.known = known;
        this.policies = policies;
        this.dropper = dropper;
        this.clock = clock;
        this.mostAtOnce = mostAtOnce;
    }

    /** Frees what has expired; true: there may be more. One step at a time. */
    public boolean step() {
        if (!policies.hasTtl()) {
            return false;
        }
        Instant now = clock.instant();
        List<KnownFiles.Known> gone = new ArrayList<>();
        int freed = 0;
        for (KnownFiles.Known file : known.list()) {
            if (freed == mostAtOnce) {
                break;
            }
            if (policies.effective(file.directory(), file.nameHash())
                    .isExpired(Instant.ofEpochMilli(file.askedMillis()), now)) {
                OptionalLong bytes = dropper.apply(file.version());
                if (bytes.isPresent()) {
                    freed++;
                    freedFiles.increment();
                    freedBytes.add(bytes.getAsLong());
                }
                if (bytes.isPresent() || !known.mayBeFetchedNow(file)) {
                    gone.add(file);
                }
            }
        }
        known.forget(gone);
        return freed == mostAtOnce;
    }

    /** Files freed since the start. */
    public long freedFiles() {
        return freedFiles.sum();
    }

    /** Their bytes. */
    public long freedBytes() {
        return freedBytes.sum();
    }
}
