package io.millrace.job.cluster;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.StatusRuntimeException;
import io.millrace.contracts.GrpcErrors;
import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.BeginSyncRequest;
import io.millrace.contracts.v1.BlockServiceGrpc;
import io.millrace.contracts.v1.ControlJobsRequest;
import io.millrace.contracts.v1.ControlJobsResponse;
import io.millrace.contracts.v1.FileSource;
import io.millrace.contracts.v1.GetRingRequest;
import io.millrace.contracts.v1.Inode;
import io.millrace.contracts.v1.InodeKind;
import io.millrace.contracts.v1.JobControl;
import io.millrace.contracts.v1.ListMountsRequest;
import io.millrace.contracts.v1.ListPoliciesRequest;
import io.millrace.contracts.v1.LoadedBlocks;
import io.millrace.contracts.v1.MetadataServiceGrpc;
import io.millrace.contracts.v1.MetadataServiceGrpc.MetadataServiceBlockingStub;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.PolicyAttribute;
import io.millrace.contracts.v1.PolicyTable;
import io.millrace.contracts.v1.RemovePolicyRequest;
import io.millrace.contracts.v1.ResidencyRequest;
import io.millrace.contracts.v1.ResidencyResponse;
import io.millrace.contracts.v1.ResolveRequest;
import io.millrace.contracts.v1.ResolveResponse;
import io.millrace.contracts.v1.Ring;
import io.millrace.contracts.v1.SetPolicyRequest;
import io.millrace.contracts.v1.WalkRequest;
import io.millrace.contracts.v1.WalkResponse;
import io.millrace.contracts.v1.WalkedFile;
import io.millrace.contracts.v1.Worker;
import io.millrace.job.ledger.Differences;
import io.millrace.model.BlockLayout;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicies;
import io.millrace.model.PathPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The metadata-service and the workers, each call under a deadline. Failures are {@link
 * MillraceException}s that name who was called.
 *
 * <p>Safe for many threads; channels are shared and connect by themselves.
 */
public final class Cluster implements AutoCloseable {

    private static final String METADATA = "metadata-service";

    /** A page of 10,000 files with keys of 1 KiB. */
    private static final int MAX_ANSWER_BYTES = 32 << 20;

    /** Of telling a worker how jobs are to be done. */
    private static final Duration CONTROL = Duration.ofSeconds(1);

    private final ManagedChannel metadata;
    private final Duration timeout;
    private final Map<String, ManagedChannel> workers = new ConcurrentHashMap<>();
    private final Map<Long, BlockLayout> layouts = new ConcurrentHashMap<>();
    private volatile Optional<Known> known = Optional.empty();

    private record Known(Ring ring, Topology topology) {}

    /**
     * Connects to nobody yet.
     *
     * @param metadataService {@code host:port} of its gRPC
     * @param timeout of each call
     */
    public Cluster(String metadataService, Duration timeout) {
        this.metadata = channel(metadataService);
        this.timeout = timeout;
    }

    /**
     * Passes when there is a file or directory at {@code path}.
     *
     * @throws MillraceException NOT_FOUND when there is not
     */
    public void requireExists(NamespacePath path) {
        boolean found =
                call(stub ->
                        stub.resolve(ResolveRequest.newBuilder().setPath(path.toString()).build())
                                .getFound());
        if (!found) {
            throw new MillraceException(
                    ErrorCode.NOT_FOUND, "there is nothing at path '" + path + "'");
        }
    }

    /** The page of files below {@code path} that {@code cursor} begins; empty: the first. */
    public FoundFiles walk(String path, String cursor, int limit) {
        return sync(path, cursor, limit, 0);
    }

    /**
     * Begins to bring what lies below {@code path} up to its bucket.
     *
     * @return what {@link #sync} asks for
     * @throws MillraceException NOT_FOUND, NOT_A_DIRECTORY, as the bucket is now
     */
    public long beginSync(String path) {
        return call(stub -> stub.beginSync(BeginSyncRequest.newBuilder().setPath(path).build()))
                .getSince();
    }

    /**
     * The same as {@link #walk}, of what the bucket holds after {@code since}, with what has been
     * found to differ since then.
     */
    public FoundFiles sync(String path, String cursor, int limit, long since) {
        WalkResponse page =
                call(stub ->
                        stub.walk(
                                WalkRequest.newBuilder()
                                        .setPath(path)
                                        .setCursor(cursor)
                                        .setLimit(limit)
                                        .setSince(since)
                                        .build()));
        return new FoundFiles(
                page.getFilesList(),
                new Differences(
                        page.getDifferences().getAddedFiles(),
                        page.getDifferences().getChangedFiles(),
                        page.getDifferences().getDeletedFiles()),
                page.getNextCursor());
    }

    /** The file at {@code path} as it is now; empty: there is none. */
    public Optional<WalkedFile> file(String path) {
        ResolveResponse found =
                call(stub -> stub.resolve(ResolveRequest.newBuilder().setPath(path).build()));
        if (!found.getFound() || found.getInodesCount() == 0) {
            return Optional.empty();
        }
        Inode last = found.getInodes(found.getInodesCount() - 1);
        return last.getKind() == InodeKind.INODE_KIND_FILE
                ? Optional.of(
                        WalkedFile.newBuilder()
                                .setPath(path)
                                .setSource(last.getSource())
                                .setModifiedMillis(last.getModifiedMillis())
                                .build())
                : Optional.empty();
    }

    /** What all paths say of themselves. */
    public PathPolicies policies() {
        PolicyTable table =
                call(stub -> stub.listPolicies(ListPoliciesRequest.getDefaultInstance()));
        return Messages.fromMessage(table);
    }

    /**
     * Pins {@code path}, which may be pinned already.
     *
     * @throws MillraceException NO_SPACE when more would be pinned than there is room for
     */
    public void pin(String path) {
        var _ = call(stub -> stub.setPolicy(pinned(path).build()));
    }

    /** Why {@link #pin} would be refused; empty: it would not. */
    public Optional<String> refusalToPin(String path) {
        try {
            var _ = call(stub -> stub.setPolicy(pinned(path).setValidateOnly(true).build()));
            return Optional.empty();
        } catch (MillraceException e) {
            if (e.code() == ErrorCode.NO_SPACE) {
                return Optional.of(String.valueOf(e.getMessage()));
            }
            throw e;
        }
    }

    private static SetPolicyRequest.Builder pinned(String path) {
        return SetPolicyRequest.newBuilder()
                .setPolicy(
                        io.millrace.contracts.v1.PathPolicy.newBuilder()
                                .setPath(path)
                                .setPinned(true));
    }

    /** Takes the pin of {@code path} back, if there is one. */
    public void unpin(String path) {
        PathPolicy own = policies().byPath().get(NamespacePath.parse(path));
        if (own != null && own.says(PathPolicy.Attribute.PINNED)) {
            var _ =
                    call(stub ->
                            stub.removePolicy(
                                    RemovePolicyRequest.newBuilder()
                                            .setPath(path)
                                            .addAttributes(PolicyAttribute.POLICY_ATTRIBUTE_PINNED)
                                            .build()));
        }
    }

    /** The pinned paths that lie below no other pinned one, in path order. */
    public List<NamespacePath> pinnedPaths() {
        PathPolicies policies = policies();
        return policies.byPath().entrySet().stream()
                .filter(entry -> entry.getValue().says(PathPolicy.Attribute.PINNED))
                .map(Map.Entry::getKey)
                .filter(path -> path.isRoot() || !policies.effective(path.parent()).isPinned())
                .toList();
    }

    /** The ring as it is now. */
    public Topology topology() {
        Ring ring = call(stub -> stub.getRing(GetRingRequest.getDefaultInstance()));
        Optional<Known> last = known;
        if (last.isPresent() && last.get().ring().equals(ring)) {
            return last.get().topology();
        }
        Topology topology = Topology.of(ring);
        known = Optional.of(new Known(ring, topology));
        return topology;
    }

    /**
     * The ring as it is now, or as it was last known while the metadata-service is away.
     *
     * @throws MillraceException UNAVAILABLE when it is away and was never there
     */
    public Topology lastTopology() {
        try {
            return topology();
        } catch (MillraceException e) {
            Optional<Known> last = known;
            if (last.isEmpty()) {
                throw e;
            }
            return last.get().topology();
        }
    }

    /**
     * Tells workers, all at once, how jobs are to be done.
     *
     * @return how many have heard it
     */
    public int controlJobs(Collection<Worker> to, List<JobControl> jobs) {
        ControlJobsRequest request = ControlJobsRequest.newBuilder().addAllJobs(jobs).build();
        List<ListenableFuture<ControlJobsResponse>> calls =
                to.stream()
                        .map(worker ->
                                BlockServiceGrpc.newFutureStub(channel(worker))
                                        .withDeadlineAfter(
                                                CONTROL.toMillis(), TimeUnit.MILLISECONDS)
                                        .controlJobs(request))
                        .toList();
        int heard = 0;
        for (ListenableFuture<ControlJobsResponse> call : calls) {
            try {
                call.get();
                heard++;
            } catch (ExecutionException e) {
                // The next step tells it again.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return heard;
            }
        }
        return heard;
    }

    private ManagedChannel channel(Worker worker) {
        return workers.computeIfAbsent(
                worker.getHost() + ":" + worker.getControlPort(), Cluster::channel);
    }

    /**
     * How the files of a mount are cut; asked once, for it never changes.
     *
     * @throws MillraceException NOT_FOUND when there is no such mount
     */
    public BlockLayout layout(long mountId) {
        BlockLayout layout = layouts.get(mountId);
        if (layout != null) {
            return layout;
        }
        List<Mount> mounts =
                call(stub -> stub.listMounts(ListMountsRequest.getDefaultInstance()))
                        .getMountsList();
        for (Mount mount : mounts) {
            layouts.putIfAbsent(mount.getId(), Messages.blockLayout(mount));
        }
        BlockLayout listed = layouts.get(mountId);
        if (listed == null) {
            throw new MillraceException(ErrorCode.NOT_FOUND, "there is no mount " + mountId);
        }
        return listed;
    }

    /**
     * What is asked about a file.
     *
     * @param blocks that a load would bring to the worker; may be empty
     */
    public record Asked(FileSource file, BlockLayout layout, List<Integer> blocks) {}

    /**
     * What a worker holds of a file.
     *
     * @param residentBytes of the whole file
     * @param missingBytes of the blocks that were asked about
     * @param requests by which these would be fetched from the bucket
     */
    public record Held(long residentBytes, long missingBytes, long requests) {}

    /** What {@code worker} holds of each file, in the order asked; empty: it does not answer. */
    public Optional<List<Held>> residency(Worker worker, List<Asked> asked) {
        ResidencyRequest.Builder request = ResidencyRequest.newBuilder();
        for (Asked one : asked) {
            request.addFiles(one.file())
                    .addLoads(
                            LoadedBlocks.newBuilder()
                                    .setBlockBytes(one.layout().blockBytes())
                                    .addAllBlocks(one.blocks()));
        }
        ResidencyResponse answer;
        try {
            answer =
                    BlockServiceGrpc.newBlockingStub(channel(worker))
                            .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS)
                            .residency(request.build());
        } catch (StatusRuntimeException e) {
            return Optional.empty();
        }
        if (answer.getResidentBytesCount() != asked.size()
                || answer.getMissingBytesCount() != asked.size()
                || answer.getLoadRequestsCount() != asked.size()) {
            return Optional.empty();
        }
        List<Held> held = new ArrayList<>(asked.size());
        for (int i = 0; i < asked.size(); i++) {
            held.add(
                    new Held(
                            answer.getResidentBytes(i),
                            answer.getMissingBytes(i),
                            answer.getLoadRequests(i)));
        }
        return Optional.of(held);
    }

    private <T> T call(Function<MetadataServiceBlockingStub, T> call) {
        try {
            return call.apply(
                    MetadataServiceGrpc.newBlockingStub(metadata)
                            .withMaxInboundMessageSize(MAX_ANSWER_BYTES)
                            .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS));
        } catch (StatusRuntimeException e) {
            throw GrpcErrors.fromStatus(METADATA, e);
        }
    }

    private static ManagedChannel channel(String address) {
        return ManagedChannelBuilder.forTarget(address).usePlaintext().build();
    }

    @Override
    public void close() {
        metadata.shutdownNow();
        workers.values().forEach(ManagedChannel::shutdownNow);
    }
}
