package io.millrace.client;

import io.millrace.contracts.DataPort;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.MountOptions;
import io.millrace.contracts.v1.Worker;
import io.millrace.contracts.v1.WorkerState;
import io.millrace.model.BlockId;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import io.millrace.model.MillraceException;
import io.millrace.model.WorkerId;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads ranges of files from workers: this host's local cache where it has one (a worker of weight
 * 0), then one of those that keep the block, then the next in the order of the ring. A block is
 * kept by its first owner, or by as many owners as the replicas of the file's path say ({@link
 * Replicas} chooses). This is the one place on the read path where something is tried again.
 *
 * <p>A worker that cannot be reached is a suspect for a short time, and asked after all others.
 * When every worker has failed, the under store is read directly where the mount allows it; else
 * the round starts again, after a pause, until the deadline.
 */
final class RemoteReads {

    private static final Logger LOG = System.getLogger(RemoteReads.class.getName());
    private static final long FIRST_PAUSE_MILLIS = 50;
    private static final long LAST_PAUSE_MILLIS = 1_000;

    private final Cluster cluster;
    private final DataPortClient dataPorts;
    private final DirectReads direct;
    private final ClientSettings settings;
    private final ClientCounters counters;
    private final ConcurrentHashMap<WorkerId, Long> suspectUntil = new ConcurrentHashMap<>();
    private final Replicas replicas = new Replicas();

    /** What is read. Its request is made when it is first needed: local reads need none. */
    static final class Subject {
        private final FileSource source;
        private final FileVersion version;
        private final Runnable onMiss;
        private final int turn;
        private volatile @Nullable DataRequest request;

        private Subject(FileSource source, FileVersion version, Runnable onMiss, int turn) {
            this.source = source;
            this.version = version;
            this.onMiss = onMiss;
            this.turn = turn;
        }

        FileSource source() {
            return source;
        }

        FileVersion version() {
            return version;
        }

        DataRequest request() {
            DataRequest made = request;
            if (made == null) {
                made = new DataRequest(source, version);
                request = made;
            }
            return made;
        }
    }

    RemoteReads(
            Cluster cluster,
            DataPortClient dataPorts,
            DirectReads direct,
            ClientSettings settings,
            ClientCounters counters) {
        this.cluster = cluster;
        this.dataPorts = dataPorts;
        this.direct = direct;
        this.settings = settings;
        this.counters = counters;
    }

    /**
     * What an opened file reads.
     *
     * @param onMiss runs when a worker had to fetch bytes of it; must not wait
     */
    Subject subject(FileSource source, FileVersion version, Runnable onMiss) {
        return new Subject(source, version, onMiss, replicas.nextTurn());
    }

    /**
     * Fills {@code target} with the bytes from {@code offset} on, which lie in the file.
     *
     * @throws MillraceException STALE_VERSION, NOT_FOUND, PERMISSION_DENIED, as a worker says;
     *     UNAVAILABLE when nobody could answer until the deadline; INTERRUPTED
     */
    void read(
            Subject subject,
            ByteBuffer target,
            long offset,
            Urgency urgency,
            Cancellation cancellation) {
        long deadline = System.nanoTime() + settings.readTimeout().toNanos();
        BlockLayout layout = cluster.blockLayout(subject.source().mountId());
        long at = offset;
        int end = target.limit();
        while (target.position() < end) {
            long length = subject.source().length();
            int block = layout.blockAt(at);
            ByteRange together = layout.placedWith(block, length);
            int bytes = (int) Math.min(end - target.position(), together.end() - at);
            target.limit(target.position() + bytes);
            BlockId placedBy = layout.placedBy(subject.version(), block, length);
            readFromOwners(subject, placedBy, target, at, deadline, urgency, cancellation);
            target.limit(end);
            at += bytes;
        }
    }

    private void readFromOwners(
            Subject subject,
            BlockId block,
            ByteBuffer target,
            long offset,
            long deadline,
            Urgency urgency,
            Cancellation cancellation) {
        long end = offset + target.remaining();
        long pause = FIRST_PAUSE_MILLIS;
        Exception last = null;
        while (true) {
            // Who stands in for an owner that has just failed does not ask it. The local cache has
            // its own view of who can be asked.
            boolean ownerFailed = isSuspect(cluster.placement().owners(block));
            for (Worker worker : candidates(subject, block)) {
                cancellation.check();
                ByteRange rest = ByteRange.between(end - target.remaining(), end);
                DataPort.Origin origin =
                        ownerFailed && worker.getWeight() > 0
                                ? DataPort.Origin.UNDER_STORE
                                : DataPort.Origin.CLUSTER;
                Exception failure =
                        tryWorker(
                                worker,
                                subject,
                                rest,
                                target,
                                origin,
                                deadline,
                                urgency,
                                cancellation);
                if (failure == null) {
                    return;
                }
                ownerFailed |= isFirstOwner(worker, block);
                last = failure;
                if (deadline - System.nanoTime() <= 0) {
                    break;
                }
            }
            cancellation.check();
            if (last instanceof MillraceException known && isFinal(known)) {
                throw known;
            }
            ByteRange rest = ByteRange.between(end - target.remaining(), end);
            if (readDirectly(subject, rest, target)) {
                return;
            }
            if (deadline - System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(pause) <= 0) {
                throw gaveUp(subject, last);
            }
            cancellation.pause(pause);
            pause = Math.min(pause * 2, LAST_PAUSE_MILLIS);
        }
    }

    /** Null: it is read. */
    private @Nullable Exception tryWorker(
            Worker worker,
            Subject subject,
            ByteRange range,
            ByteBuffer target,
            DataPort.Origin origin,
            long deadline,
            Urgency urgency,
            Cancellation cancellation) {
        WorkerId id = new WorkerId(worker.getId());
        int before = target.position();
        counters.workerReads.increment();
        replicas.begin(id);
        try {
            DataConnection.Answer answer =
                    dataPorts.read(
                            address(worker),
                            subject.request().forRange(range, origin, DataRequest.Verify.NO),
                            range,
                            subject.source().length(),
                            target,
                            deadline,
                            urgency,
                            cancellation);
            suspectUntil.remove(id);
            if (answer.miss()) {
                counters.workerMisses.increment();
                subject.onMiss.run();
            }
            return null;
        } catch (MillraceException e) {
            counters.workerFailures.increment();
            if (e.code() == ErrorCode.STALE_VERSION || e.code() == ErrorCode.PERMISSION_DENIED) {
                throw e;
            }
            return e;
        } catch (IOException e) {
            cancellation.check();
            counters.workerFailures.increment();
            suspectUntil.put(id, System.nanoTime() + settings.suspectTime().toNanos());
            LOG.log(Level.DEBUG, () -> "event=worker_failed worker=" + id + " reason=" + e);
            return e;
        } finally {
            replicas.end(id);
            counters.workerBytes.add(target.position() - before);
        }
    }

    private static DataPortClient.Address address(Worker worker) {
        return new DataPortClient.Address(worker.getHost(), worker.getDataPort());
    }

    /**
     * Asks the first owner of each file, or this host's local cache, to fetch it ahead. As a hint
     * it is not tried again.
     *
     * @param files of one block each
     * @return how many were taken
     */
    int prefetch(List<NamespaceEntry> files) {
        Map<DataPortClient.Address, List<FileSource>> byOwner = new LinkedHashMap<>();
        for (NamespaceEntry file : files) {
            FileSource source = file.file();
            BlockLayout layout = cluster.blockLayout(source.mountId());
            FileVersion version = source.fileVersion();
            BlockId block = layout.placedBy(version, 0, source.length());
            List<Worker> owners =
                    suspectsLast(localFirst(block, cluster.placement().owners(block)));
            if (!owners.isEmpty()) {
                byOwner.computeIfAbsent(address(owners.getFirst()), _ -> new ArrayList<>())
                        .add(source);
            }
        }
        int taken = 0;
        for (Map.Entry<DataPortClient.Address, List<FileSource>> owner : byOwner.entrySet()) {
            try {
                taken += dataPorts.prefetch(owner.getKey(), DataRequest.prefetch(owner.getValue()));
            } catch (MillraceException | IOException e) {
                LOG.log(Level.DEBUG, () -> "event=prefetch_failed worker=" + owner.getKey(), e);
            }
        }
        return taken;
    }

    /** This host's local cache, those that keep {@code block}, all others; suspects last. */
    private List<Worker> candidates(Subject subject, BlockId block) {
        return suspectsLast(localFirst(block, keepersFirst(subject, block)));
    }

    private List<WorkerId> localFirst(BlockId block, List<WorkerId> owners) {
        List<WorkerId> all = new ArrayList<>(owners.size() + 1);
        cluster.localWorker(block).ifPresent(all::add);
        all.addAll(owners);
        return all;
    }

    /** The owners of {@code block}, one of those that keep it first. */
    private List<WorkerId> keepersFirst(Subject subject, BlockId block) {
        List<WorkerId> owners = cluster.placement().owners(block);
        int wanted = cluster.replicas(subject.source());
        if (wanted == 1) {
            return owners;
        }
        List<WorkerId> keepers =
                owners.stream().limit(wanted).filter(id -> !isSuspect(id) && isLive(id)).toList();
        List<WorkerId> ordered = new ArrayList<>(replicas.order(keepers, subject.turn));
        for (WorkerId owner : owners) {
            if (!keepers.contains(owner)) {
                ordered.add(owner);
            }
        }
        return ordered;
    }

    /** Whether it does not drain: one that does comes after all others, whatever it keeps. */
    private boolean isLive(WorkerId id) {
        return cluster.worker(id)
                .filter(worker -> worker.getState() != WorkerState.WORKER_STATE_DRAINING)
                .isPresent();
    }

    private List<Worker> suspectsLast(List<WorkerId> workers) {
        List<Worker> good = new ArrayList<>();
        List<Worker> suspects = new ArrayList<>();
        for (WorkerId id : workers) {
            cluster.worker(id).ifPresent(worker -> (isSuspect(id) ? suspects : good).add(worker));
        }
        good.addAll(suspects);
        return good;
    }

    private boolean isFirstOwner(Worker worker, BlockId block) {
        return cluster.placement().isOwner(new WorkerId(worker.getId()), block);
    }

    private boolean isSuspect(List<WorkerId> owners) {
        return !owners.isEmpty() && isSuspect(owners.getFirst());
    }

    private boolean isSuspect(WorkerId id) {
        Long until = suspectUntil.get(id);
        return until != null && until - System.nanoTime() > 0;
    }

    /** Whether every worker would say the same. */
    private static boolean isFinal(MillraceException e) {
        return e.code().retry() == ErrorCode.Retry.NEVER
                && e.code() != ErrorCode.INVALID_ARGUMENT
                && e.code() != ErrorCode.INTERNAL;
    }

    private boolean readDirectly(Subject subject, ByteRange range, ByteBuffer target) {
        Mount mount = cluster.mount(subject.source().mountId()).orElse(null);
        MountOptions options = mount == null ? null : mount.getOptions();
        if (mount == null || options == null || !options.getDirectFallback()) {
            return false;
        }
        int before = target.position();
        counters.underStoreReads.increment();
        try {
            direct.read(mount, subject.source(), range, target);
            return true;
        } finally {
            counters.underStoreBytes.add(target.position() - before);
        }
    }

    private MillraceException gaveUp(Subject subject, @Nullable Exception last) {
        if (last instanceof MillraceException known) {
            return known;
        }
        return new MillraceException(
                ErrorCode.UNAVAILABLE,
                last == null
                        ? "no worker is in the ring to read " + subject.source().key() + " from"
                        : "no worker could be read from within "
                                + settings.readTimeout().toSeconds()
                                + " s: "
                                + last.getMessage(),
                last);
    }
}
