package io.millrace.block.cluster;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.block.mounts.MountTable;
import io.millrace.block.policies.WorkerPolicies;
import io.millrace.contracts.GrpcErrors;
import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.DeregisterWorkerRequest;
import io.millrace.contracts.v1.ListMountsRequest;
import io.millrace.contracts.v1.MetadataServiceGrpc;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.RegisterWorkerRequest;
import io.millrace.contracts.v1.RenewLeaseRequest;
import io.millrace.contracts.v1.WatchEvent;
import io.millrace.contracts.v1.Worker;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.WorkerId;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Registers the worker, renews its lease, and follows the ring, the mount table and the policies,
 * for as long as it lives. While the metadata-service is away it keeps what it knows and goes on
 * trying; only who was never registered is not ready.
 */
public final class ClusterMember implements AutoCloseable {

    private static final Logger LOG = System.getLogger(ClusterMember.class.getName());
    private static final String SERVER = "metadata-service";

    private final MemberSettings settings;
    private final ManagedChannel channel;
    private final ClusterView view;
    private final Supplier<Worker> description;
    private @Nullable MountTable mounts;
    private @Nullable WorkerPolicies policies;
    private @Nullable Thread renewer;
    private @Nullable Thread follower;
    private volatile boolean stopped;
    private volatile boolean registered;
    private volatile boolean everRegistered;
    private volatile long renewedNanos;

    /**
     * @param description the worker as it is now, with its usage
     */
    public ClusterMember(MemberSettings settings, ClusterView view, Supplier<Worker> description) {
        this.settings = settings;
        this.view = view;
        this.description = description;
        this.channel =
                NettyChannelBuilder.forTarget("dns:///" + settings.metadataService())
                        .usePlaintext()
                        .keepAliveTime(30, TimeUnit.SECONDS)
                        .build();
    }

    /** Begins, in the background. The mount table and the policies are told each change. */
    public void start(MountTable mounts, WorkerPolicies policies) {
        this.mounts = mounts;
        this.policies = policies;
        renewer = Thread.ofVirtual().name("lease").start(this::renew);
        follower = Thread.ofVirtual().name("watch").start(this::follow);
    }

    /** Asks for all mounts, within the call timeout. */
    public List<Mount> listMounts() {
        try {
            return stub().listMounts(ListMountsRequest.getDefaultInstance()).getMountsList();
        } catch (RuntimeException e) {
            throw GrpcErrors.fromStatus(SERVER, e);
        }
    }

    /** Whether it has been registered since it started. */
    public boolean hasRegistered() {
        return everRegistered;
    }

    /** Whether the last renewal was answered, and how long ago in milliseconds; -1: not. */
    public long leaseAgeMillis() {
        return registered ? TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - renewedNanos) : -1;
    }

    private MetadataServiceGrpc.MetadataServiceBlockingStub stub() {
        return MetadataServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(settings.callTimeout().toMillis(), TimeUnit.MILLISECONDS);
    }

    private void renew() {
        boolean told = false;
        while (!stopped) {
            try {
                if (!registered) {
                    register();
                    told = false;
                } else {
                    renewOnce();
                }
            } catch (RuntimeException e) {
                MillraceException known = GrpcErrors.fromStatus(SERVER, e);
                if (known.code() == ErrorCode.NOT_FOUND && registered) {
                    LOG.log(Level.INFO, "lease worker={0} is lost: registering again", view.self());
                    registered = false;
                    continue;
                }
                if (!told) {
                    LOG.log(
                            Level.WARNING,
                            "lease worker={0} not renewed: {1}; serving goes on",
                            view.self(),
                            known.getMessage());
                    told = true;
                }
            }
            pause(settings.renewal().toMillis());
        }
    }

    private void register() {
        Worker worker = description.get();
        stub().registerWorker(RegisterWorkerRequest.newBuilder().setWorker(worker).build());
        renewedNanos = System.nanoTime();
        registered = true;
        everRegistered = true;
        LOG.log(
                Level.INFO,
                "registered worker={0} data={1}:{2}",
                worker.getId(),
                worker.getHost(),
                Integer.toString(worker.getDataPort()));
    }

    private void renewOnce() {
        Worker worker = description.get();
        stub().renewLease(
                        RenewLeaseRequest.newBuilder()
                                .setWorkerId(worker.getId())
                                .setCapacityBytes(worker.getCapacityBytes())
                                .setUsedBytes(worker.getUsedBytes())
                                .setCachedFiles(worker.getCachedFiles())
                                .setInFlight(worker.getInFlight())
                                .build());
        renewedNanos = System.nanoTime();
    }

    private void follow() {
        while (!stopped) {
            try (WatchStream stream = new WatchStream(channel, view.self().value(), this::apply)) {
                while (!stopped && stream.isAlive(settings.silence())) {
                    pause(100);
                }
            } catch (RuntimeException e) {
                LOG.log(Level.DEBUG, "watch: {0}", e.getMessage());
            }
            pause(Math.min(500, settings.renewal().toMillis()));
        }
    }

    private void apply(WatchEvent event) {
        switch (event.getEventCase()) {
            case RING -> {
                view.update(Messages.fromMessage(event.getRing()), addresses(event.getRing()));
                LOG.log(
                        Level.INFO,
                        "ring epoch={0} workers={1} own-slots={2}",
                        Long.toString(event.getRing().getEpoch()),
                        event.getRing().getWorkersCount(),
                        view.ownSlots().size());
            }
            case MOUNTS -> {
                MountTable table = mounts;
                if (table != null) {
                    table.update(event.getMounts().getMountsList());
                }
                WorkerPolicies told = policies;
                if (told != null) {
                    told.mounts(event.getMounts().getMountsList());
                }
            }
            case POLICIES -> {
                WorkerPolicies told = policies;
                if (told != null) {
                    told.policies(Messages.fromMessage(event.getPolicies()));
                }
            }
            case INVALIDATION, RESYNC, HEARTBEAT, EVENT_NOT_SET -> {}
        }
    }

    private static Map<WorkerId, ClusterView.Address> addresses(
            io.millrace.contracts.v1.Ring ring) {
        return ring.getWorkersList().stream()
                .collect(
                        Collectors.toUnmodifiableMap(
                                worker -> new WorkerId(worker.getId()),
                                worker ->
                                        new ClusterView.Address(
                                                worker.getHost(), worker.getDataPort())));
    }

    private void pause(long millis) {
        if (!stopped) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
        }
    }

    /** Leaves the ring, as far as the metadata-service can be told within the call timeout. */
    @Override
    public void close() {
        stopped = true;
        LockSupport.unpark(renewer);
        LockSupport.unpark(follower);
        try {
            Thread renewing = renewer;
            if (renewing != null) {
                renewing.join(settings.callTimeout());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (registered) {
            try {
                stub().deregisterWorker(
                                DeregisterWorkerRequest.newBuilder()
                                        .setWorkerId(view.self().value())
                                        .build());
            } catch (RuntimeException e) {
                LOG.log(
                        Level.WARNING,
                        "not deregistered: {0}; the lease runs out instead",
                        GrpcErrors.fromStatus(SERVER, e).getMessage());
            }
        }
        channel.shutdownNow();
    }
}
