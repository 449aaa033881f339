package io.millrace.metadata.endpoint;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.contracts.GrpcCalls;
import io.millrace.contracts.GrpcErrors;
import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.AddMountRequest;
import io.millrace.contracts.v1.BeginSyncRequest;
import io.millrace.contracts.v1.DeregisterWorkerRequest;
import io.millrace.contracts.v1.DeregisterWorkerResponse;
import io.millrace.contracts.v1.DrainWorkerRequest;
import io.millrace.contracts.v1.EffectivePolicy;
import io.millrace.contracts.v1.GetEffectivePolicyRequest;
import io.millrace.contracts.v1.GetFreshnessRequest;
import io.millrace.contracts.v1.GetResidencyRequest;
import io.millrace.contracts.v1.GetResidencyResponse;
import io.millrace.contracts.v1.GetRingRequest;
import io.millrace.contracts.v1.HiddenKey;
import io.millrace.contracts.v1.ListHiddenKeysRequest;
import io.millrace.contracts.v1.ListHiddenKeysResponse;
import io.millrace.contracts.v1.ListMountsRequest;
import io.millrace.contracts.v1.ListMountsResponse;
import io.millrace.contracts.v1.ListPoliciesRequest;
import io.millrace.contracts.v1.ListWorkersRequest;
import io.millrace.contracts.v1.ListWorkersResponse;
import io.millrace.contracts.v1.LookupRequest;
import io.millrace.contracts.v1.LookupResponse;
import io.millrace.contracts.v1.MetadataServiceGrpc;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.MountFreshness;
import io.millrace.contracts.v1.MountOptions;
import io.millrace.contracts.v1.PathPolicy;
import io.millrace.contracts.v1.PolicyTable;
import io.millrace.contracts.v1.ReadDirectoryRequest;
import io.millrace.contracts.v1.ReadDirectoryResponse;
import io.millrace.contracts.v1.RegisterWorkerRequest;
import io.millrace.contracts.v1.RemoveMountRequest;
import io.millrace.contracts.v1.RemoveMountResponse;
import io.millrace.contracts.v1.RemovePolicyRequest;
import io.millrace.contracts.v1.RenewLeaseRequest;
import io.millrace.contracts.v1.ResolveRequest;
import io.millrace.contracts.v1.ResolveResponse;
import io.millrace.contracts.v1.Ring;
import io.millrace.contracts.v1.SetPolicyRequest;
import io.millrace.contracts.v1.SyncStart;
import io.millrace.contracts.v1.UndrainWorkerRequest;
import io.millrace.contracts.v1.UsageRequest;
import io.millrace.contracts.v1.UsageResponse;
import io.millrace.contracts.v1.WalkRequest;
import io.millrace.contracts.v1.WalkResponse;
import io.millrace.contracts.v1.WatchEvent;
import io.millrace.contracts.v1.WatchRequest;
import io.millrace.contracts.v1.Worker;
import io.millrace.contracts.v1.WorkerLease;
import io.millrace.metadata.changes.ChangeFeed;
import io.millrace.metadata.events.FreshnessReport;
import io.millrace.metadata.mounts.MountRequest;
import io.millrace.metadata.mounts.MountTable;
import io.millrace.metadata.namespace.Inode;
import io.millrace.metadata.namespace.Namespace;
import io.millrace.metadata.namespace.Walk;
import io.millrace.metadata.residency.ResidencyView;
import io.millrace.metadata.visibility.Watchers;
import io.millrace.metadata.workers.WorkerRecord;
import io.millrace.metadata.workers.WorkerRegistry;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.WorkerId;
import io.quarkus.grpc.GrpcService;
import jakarta.annotation.PreDestroy;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** The gRPC service. */
@GrpcService
public class MetadataEndpoint extends MetadataServiceGrpc.MetadataServiceImplBase {

    /** Largest answer, below the 4 MiB that clients accept. */
    private static final int MAX_ANSWER_BYTES = 3 << 20;

    private final MountTable mounts;
    private final FreshnessReport freshness;
    private final io.millrace.metadata.policies.PolicyTable policies;
    private final Namespace namespace;
    private final ResidencyView residency;
    private final WorkerRegistry workers;
    private final ChangeFeed feed;
    private final Watchers followers;
    private final EndpointLimits limits;
    private final AtomicInteger watchers = new AtomicInteger();
    private volatile boolean stopped;

    MetadataEndpoint(
            MountTable mounts,
            FreshnessReport freshness,
            io.millrace.metadata.policies.PolicyTable policies,
            Namespace namespace,
            ResidencyView residency,
            WorkerRegistry workers,
            ChangeFeed feed,
            Watchers followers,
            EndpointLimits limits) {
        this.mounts = mounts;
        this.freshness = freshness;
        this.policies = policies;
        this.namespace = namespace;
        this.residency = residency;
        this.workers = workers;
        this.feed = feed;
        this.followers = followers;
        this.limits = limits;
    }

    @Override
    public void addMount(AddMountRequest request, StreamObserver<Mount> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    MountOptions options = request.getOptions();
                    return ProtoMapper.mount(
                            mounts.add(
                                    MountRequest.parse(
                                            request.getPath(),
                                            request.getUri(),
                                            options.getEndpoint(),
                                            options.getRegion(),
                                            options.getPathStyle(),
                                            options.getCredentials(),
                                            ProtoMapper.freshness(options.getFreshness()),
                                            options.getMaxAgeMillis(),
                                            options.getBlockBytes(),
                                            options.getDirectFallback(),
                                            options.getObjectAttributes(),
                                            limits.defaultMaxAge())));
                });
    }

    @Override
    public void getFreshness(GetFreshnessRequest request, StreamObserver<MountFreshness> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    NamespacePath path = NamespacePath.parse(request.getMountPath());
                    return ProtoMapper.freshness(freshness.of(mount -> mount.path().equals(path)));
                });
    }

    @Override
    public void removeMount(
            RemoveMountRequest request, StreamObserver<RemoveMountResponse> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    mounts.remove(NamespacePath.parse(request.getPath()));
                    return RemoveMountResponse.getDefaultInstance();
                });
    }

    @Override
    public void listMounts(ListMountsRequest request, StreamObserver<ListMountsResponse> observer) {
        GrpcCalls.answer(
                observer,
                () ->
                        ListMountsResponse.newBuilder()
                                .addAllMounts(
                                        mounts.refresh().stream().map(ProtoMapper::mount).toList())
                                .build());
    }

    @Override
    public void setPolicy(SetPolicyRequest request, StreamObserver<PathPolicy> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    NamespacePath path = NamespacePath.parse(request.getPolicy().getPath());
                    io.millrace.model.PathPolicy asked = PolicyMapper.asked(request.getPolicy());
                    return Messages.toMessage(
                            path,
                            request.getValidateOnly()
                                    ? policies.validate(path, asked)
                                    : policies.set(path, asked));
                });
    }

    @Override
    public void removePolicy(RemovePolicyRequest request, StreamObserver<PathPolicy> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    NamespacePath path = NamespacePath.parse(request.getPath());
                    return Messages.toMessage(
                            path,
                            policies.remove(
                                    path, PolicyMapper.attributes(request.getAttributesList())));
                });
    }

    @Override
    public void listPolicies(ListPoliciesRequest request, StreamObserver<PolicyTable> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    NamespacePath below =
                            request.getBelow().isEmpty()
                                    ? NamespacePath.ROOT
                                    : NamespacePath.parse(request.getBelow());
                    return Messages.toMessage(PolicyMapper.below(policies.all(), below));
                });
    }

    @Override
    public void getEffectivePolicy(
            GetEffectivePolicyRequest request, StreamObserver<EffectivePolicy> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    NamespacePath path = NamespacePath.parse(request.getPath());
                    return PolicyMapper.effective(path, policies.above(path).effective(path));
                });
    }

    @Override
    public void resolve(ResolveRequest request, StreamObserver<ResolveResponse> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    Namespace.Resolved resolved =
                            namespace.resolve(NamespacePath.parse(request.getPath()));
                    return ResolveResponse.newBuilder()
                            .addAllInodes(
                                    resolved.inodes().stream().map(ProtoMapper::inode).toList())
                            .setFound(resolved.found())
                            .setValidMillis(resolved.validMillis())
                            .build();
                });
    }

    @Override
    public void lookup(LookupRequest request, StreamObserver<LookupResponse> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    Namespace.LookedUp found =
                            namespace.lookup(request.getParentId(), request.getName());
                    LookupResponse.Builder response =
                            LookupResponse.newBuilder().setValidMillis(found.validMillis());
                    found.inode().map(ProtoMapper::inode).ifPresent(response::setInode);
                    return response.build();
                });
    }

    @Override
    public void readDirectory(
            ReadDirectoryRequest request, StreamObserver<ReadDirectoryResponse> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    Namespace.DirectoryPage page =
                            namespace.readDirectory(
                                    request.getInodeId(),
                                    request.getAfterName(),
                                    request.getLimit());
                    ReadDirectoryResponse.Builder response =
                            ReadDirectoryResponse.newBuilder()
                                    .setMore(page.more())
                                    .setValidMillis(page.validMillis());
                    int bytes = 0;
                    for (Inode entry : page.entries()) {
                        var message = ProtoMapper.inode(entry);
                        bytes += message.getSerializedSize() + 8;
                        if (bytes > MAX_ANSWER_BYTES) {
                            response.setMore(true);
                            break;
                        }
                        response.addEntries(message);
                    }
                    return response.build();
                });
    }

    @Override
    public void walk(WalkRequest request, StreamObserver<WalkResponse> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    Walk.Page page =
                            namespace.sync(
                                    NamespacePath.parse(request.getPath()),
                                    request.getCursor(),
                                    request.getLimit(),
                                    request.getSince());
                    return ProtoMapper.walked(page);
                });
    }

    @Override
    public void beginSync(BeginSyncRequest request, StreamObserver<SyncStart> observer) {
        GrpcCalls.answer(
                observer,
                () ->
                        SyncStart.newBuilder()
                                .setSince(
                                        namespace.beginSync(NamespacePath.parse(request.getPath())))
                                .build());
    }

    @Override
    public void usage(UsageRequest request, StreamObserver<UsageResponse> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    Namespace.Usage usage = namespace.usage(NamespacePath.parse(request.getPath()));
                    return UsageResponse.newBuilder()
                            .setFiles(usage.files())
                            .setDirectories(usage.directories())
                            .setBytes(usage.bytes())
                            .build();
                });
    }

    @Override
    public void listHiddenKeys(
            ListHiddenKeysRequest request, StreamObserver<ListHiddenKeysResponse> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    Optional<NamespacePath> mount =
                            request.getMountPath().isEmpty()
                                    ? Optional.empty()
                                    : Optional.of(NamespacePath.parse(request.getMountPath()));
                    Namespace.HiddenKeys hidden =
                            namespace.hiddenKeys(mount, request.getCursor(), request.getLimit());
                    ListHiddenKeysResponse.Builder response =
                            ListHiddenKeysResponse.newBuilder()
                                    .setNextCursor(hidden.nextCursor())
                                    .setTotal(hidden.total());
                    hidden.keys()
                            .forEach(key ->
                                    response.addKeys(
                                            HiddenKey.newBuilder()
                                                    .setMountId(key.mountId())
                                                    .setKey(key.key())
                                                    .setReason(key.reason())));
                    return response.build();
                });
    }

    @Override
    public void getResidency(
            GetResidencyRequest request, StreamObserver<GetResidencyResponse> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    NamespacePath path = NamespacePath.parse(request.getPath());
                    return ProtoMapper.residency(path, residency.of(path));
                });
    }

    @Override
    public void registerWorker(
            RegisterWorkerRequest request, StreamObserver<WorkerLease> observer) {
        GrpcCalls.answer(
                observer, () -> lease(workers.register(ProtoMapper.worker(request.getWorker()))));
    }

    @Override
    public void renewLease(RenewLeaseRequest request, StreamObserver<WorkerLease> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    WorkerRecord.Load load =
                            new WorkerRecord.Load(
                                    request.getCapacityBytes(),
                                    request.getUsedBytes(),
                                    request.getCachedFiles(),
                                    request.getInFlight());
                    return lease(workers.renew(ProtoMapper.workerId(request.getWorkerId()), load));
                });
    }

    @Override
    public void deregisterWorker(
            DeregisterWorkerRequest request, StreamObserver<DeregisterWorkerResponse> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    workers.deregister(ProtoMapper.workerId(request.getWorkerId()));
                    return DeregisterWorkerResponse.getDefaultInstance();
                });
    }

    @Override
    public void drainWorker(DrainWorkerRequest request, StreamObserver<Worker> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    WorkerId id = ProtoMapper.workerId(request.getWorkerId());
                    return ProtoMapper.worker(
                            request.getForce() ? workers.drainAnyway(id) : workers.drain(id));
                });
    }

    @Override
    public void undrainWorker(UndrainWorkerRequest request, StreamObserver<Worker> observer) {
        GrpcCalls.answer(
                observer,
                () ->
                        ProtoMapper.worker(
                                workers.undrain(ProtoMapper.workerId(request.getWorkerId()))));
    }

    @Override
    public void listWorkers(
            ListWorkersRequest request, StreamObserver<ListWorkersResponse> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    WorkerRegistry.Workers all = workers.workers();
                    return ListWorkersResponse.newBuilder()
                            .setRingEpoch(all.ringEpoch())
                            .addAllWorkers(all.all().stream().map(ProtoMapper::worker).toList())
                            .build();
                });
    }

    @Override
    public void getRing(GetRingRequest request, StreamObserver<Ring> observer) {
        GrpcCalls.answer(observer, () -> ProtoMapper.ring(workers.workers()));
    }

    private static WorkerLease lease(WorkerRegistry.Lease lease) {
        return WorkerLease.newBuilder()
                .setRingEpoch(lease.ringEpoch())
                .setLeaseMillis(lease.length().toMillis())
                .build();
    }

    @Override
    public void watch(WatchRequest request, StreamObserver<WatchEvent> observer) {
        if (watchers.incrementAndGet() > limits.watchers()) {
            watchers.decrementAndGet();
            observer.onError(
                    GrpcErrors.toStatus(
                            new MillraceException(
                                    ErrorCode.BUSY,
                                    "there are as many watch streams as"
                                            + " millrace.metadata.watch.most allows")));
            return;
        }
        String id = request.getWatchId();
        WatchStream stream =
                new WatchStream(
                        (ServerCallStreamObserver<WatchEvent>) observer,
                        feed,
                        mounts,
                        policies,
                        workers,
                        request.getAfterSequence(),
                        limits.heartbeat(),
                        () -> stopped,
                        position -> {
                            if (!id.isEmpty()) {
                                followers.opened(id, request.getSubscriber(), position);
                            }
                        },
                        () -> {
                            watchers.decrementAndGet();
                            followers.ended(id);
                        });
        Thread.ofVirtual().name("watch-" + request.getSubscriber()).start(stream);
    }

    @PreDestroy
    void stop() {
        stopped = true;
    }
}
