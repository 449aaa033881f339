package io.millrace.metadata.residency;

import io.millrace.metadata.database.Database;
import io.millrace.metadata.mounts.Mount;
import io.millrace.metadata.mounts.MountTable;
import io.millrace.metadata.namespace.Inode;
import io.millrace.metadata.namespace.Namespace;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.WorkerId;
import java.util.List;

/**
 * How much of a directory is cached, and where. Of each worker the newest summary is kept, for as
 * long as the worker lives. It is a view, as old as the summaries are, and coarse where a worker
 * has more directories than a summary holds.
 */
public final class ResidencyView {

    private final ResidencyStore store;
    private final Namespace namespace;
    private final MountTable mounts;

    public ResidencyView(Database database, Namespace namespace, MountTable mounts) {
        this.store = new ResidencyStore(database);
        this.namespace = namespace;
        this.mounts = mounts;
    }

    /**
     * What one worker has of a directory.
     *
     * @param heat reads, decayed
     * @param madeMillis when it said so; 0: it has said nothing yet
     * @param unknown of the whole worker: what it has and cannot name
     * @param coarser whether it may have more of it, summed up in a directory above
     */
    public record OnWorker(
            WorkerId worker,
            Summary.Amount cached,
            double heat,
            long madeMillis,
            Summary.Amount unknown,
            boolean coarser) {

        private boolean isComplete() {
            return madeMillis > 0 && !coarser && unknown.bytes() == 0;
        }
    }

    /**
     * What all workers have of a directory.
     *
     * @param total in the namespace
     * @param workers live ones, by id
     */
    public record Residency(Namespace.Usage total, List<OnWorker> workers) {

        /** On all workers together; copies and old versions count. */
        public Summary.Amount cached() {
            return new Summary.Amount(
                    workers.stream().mapToLong(worker -> worker.cached().files()).sum(),
                    workers.stream().mapToLong(worker -> worker.cached().bytes()).sum());
        }

        public double heat() {
            return workers.stream().mapToDouble(OnWorker::heat).sum();
        }

        /** Whether there is no more than this. */
        public boolean isComplete() {
            return workers.stream().allMatch(OnWorker::isComplete);
        }
    }

    /** Takes over a summary; false: a newer one is known, or the worker is not live. */
    public boolean apply(Summary summary) {
        return store.put(summary);
    }

    /**
     * What is cached of the directory at {@code path}, with all below it.
     *
     * @throws MillraceException NOT_FOUND; NOT_A_DIRECTORY for a file
     */
    public Residency of(NamespacePath path) {
        return switch (namespace.require(path)) {
            case Inode.File _ ->
                    throw new MillraceException(
                            ErrorCode.NOT_A_DIRECTORY,
                            path
                                    + " is a file, and summaries are by directory: a plan of a load"
                                    + " of it asks the workers");
            case Inode.Directory directory -> {
                List<Long> where =
                        directory.mountId() > 0
                                ? List.of(directory.mountId())
                                : mounts.known().stream()
                                        .filter(mount -> mount.path().startsWith(path))
                                        .map(Mount::id)
                                        .toList();
                yield new Residency(namespace.usage(path), store.of(where, directory.key()));
            }
        };
    }

    /** Forgets what lost workers said. A step of the background loop. */
    public void dropLost() {
        store.dropLost();
    }
}
