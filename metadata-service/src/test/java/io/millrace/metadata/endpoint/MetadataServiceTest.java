package io.millrace.metadata.endpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.BlockingClientCall;
import io.millrace.contracts.GrpcErrors;
import io.millrace.contracts.v1.AddMountRequest;
import io.millrace.contracts.v1.DeregisterWorkerRequest;
import io.millrace.contracts.v1.Eviction;
import io.millrace.contracts.v1.GetEffectivePolicyRequest;
import io.millrace.contracts.v1.GetRingRequest;
import io.millrace.contracts.v1.Inode;
import io.millrace.contracts.v1.InodeKind;
import io.millrace.contracts.v1.ListHiddenKeysRequest;
import io.millrace.contracts.v1.ListMountsRequest;
import io.millrace.contracts.v1.ListPoliciesRequest;
import io.millrace.contracts.v1.ListWorkersRequest;
import io.millrace.contracts.v1.LookupRequest;
import io.millrace.contracts.v1.MetadataServiceGrpc;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.MountOptions;
import io.millrace.contracts.v1.PathPolicy;
import io.millrace.contracts.v1.PolicyAttribute;
import io.millrace.contracts.v1.PolicyOrigin;
import io.millrace.contracts.v1.ReadDirectoryRequest;
import io.millrace.contracts.v1.ReadDirectoryResponse;
import io.millrace.contracts.v1.RegisterWorkerRequest;
import io.millrace.contracts.v1.RemoveMountRequest;
import io.millrace.contracts.v1.RemovePolicyRequest;
import io.millrace.contracts.v1.RenewLeaseRequest;
import io.millrace.contracts.v1.ResolveRequest;
import io.millrace.contracts.v1.ResolveResponse;
import io.millrace.contracts.v1.SetPolicyRequest;
import io.millrace.contracts.v1.UsageRequest;
import io.millrace.contracts.v1.WalkRequest;
import io.millrace.contracts.v1.WalkResponse;
import io.millrace.contracts.v1.WatchEvent;
import io.millrace.contracts.v1.WatchRequest;
import io.millrace.contracts.v1.Worker;
import io.millrace.contracts.v1.WorkerState;
import io.millrace.embedded.testing.EmbeddedTestResource;
import io.millrace.model.ErrorCode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service as its clients meet it: over gRPC, with a real Postgres and a local bucket. */
@QuarkusTest
@QuarkusTestResource(
        value = EmbeddedTestResource.class,
        initArgs = {
            @ResourceArg(name = "datasources", value = "metadata"),
            @ResourceArg(name = "kafka", value = "false")
        })
class MetadataServiceTest {

    private static final Duration DEADLINE = Duration.ofSeconds(20);

    @ConfigProperty(name = "quarkus.grpc.server.test-port")
    int port;

    @TempDir Path bucket;

    @SuppressWarnings("NullAway.Init")
    private ManagedChannel channel;

    @BeforeEach
    void connect() {
        channel = NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    }

    @AfterEach
    void disconnect() throws InterruptedException {
        try {
            for (Mount mount :
                    stub().listMounts(ListMountsRequest.getDefaultInstance()).getMountsList()) {
                stub().removeMount(
                                RemoveMountRequest.newBuilder().setPath(mount.getPath()).build());
            }
        } finally {
            channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        }
    }

    private MetadataServiceGrpc.MetadataServiceBlockingStub stub() {
        return MetadataServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(DEADLINE.toSeconds(), TimeUnit.SECONDS);
    }

    private Mount mount(String path) {
        return mount(path, 60_000);
    }

    private Mount mount(String path, long maxAgeMillis) {
        return stub().addMount(
                        AddMountRequest.newBuilder()
                                .setPath(path)
                                .setUri(bucket.toUri().toString())
                                .setOptions(MountOptions.newBuilder().setMaxAgeMillis(maxAgeMillis))
                                .build());
    }

    private void put(String key, String content) throws IOException {
        Path file = bucket.resolve(key);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private ResolveResponse resolve(String path) {
        return stub().resolve(ResolveRequest.newBuilder().setPath(path).build());
    }

    private List<Inode> readDirectory(long id, int limit) {
        List<Inode> entries = new ArrayList<>();
        ReadDirectoryResponse page;
        do {
            page =
                    stub().readDirectory(
                                    ReadDirectoryRequest.newBuilder()
                                            .setInodeId(id)
                                            .setAfterName(
                                                    entries.isEmpty()
                                                            ? ""
                                                            : entries.getLast().getName())
                                            .setLimit(limit)
                                            .build());
            entries.addAll(page.getEntriesList());
        } while (page.getMore());
        return entries;
    }

    private static ErrorCode failure(Supplier<?> call) {
        StatusRuntimeException e = assertThrows(StatusRuntimeException.class, call::get);
        return GrpcErrors.fromStatus("metadata-service", e).code();
    }

    @Test
    void aMountedBucketIsADirectoryTree() throws IOException {
        put("train/a.jpg", "aaa");
        put("train/b.jpg", "bb");
        put("readme.txt", "r");
        Mount mount = mount("/data/set");

        ResolveResponse file = resolve("/data/set/train/a.jpg");

        assertTrue(file.getFound());
        assertEquals(
                List.of("", "data", "set", "train", "a.jpg"),
                file.getInodesList().stream().map(Inode::getName).toList());
        Inode a = file.getInodes(4);
        assertEquals(InodeKind.INODE_KIND_FILE, a.getKind());
        assertEquals("train/a.jpg", a.getSource().getKey());
        assertEquals(3, a.getSource().getLength());
        assertEquals(mount.getId(), a.getSource().getMountId());
        assertTrue(file.getValidMillis() > 50_000 && file.getValidMillis() <= 60_000);
        assertEquals(
                List.of("readme.txt", "train"),
                readDirectory(file.getInodes(2).getId(), 1).stream().map(Inode::getName).toList());
        assertEquals(
                a,
                stub().lookup(
                                LookupRequest.newBuilder()
                                        .setParentId(file.getInodes(3).getId())
                                        .setName("a.jpg")
                                        .build())
                        .getInode());
    }

    @Test
    void whatDoesNotExistIsAnAnswer() throws IOException {
        put("x", "1");
        mount("/m");

        ResolveResponse missing = resolve("/m/none/deeper");

        assertFalse(missing.getFound());
        assertEquals(2, missing.getInodesCount());
        assertFalse(
                stub().lookup(
                                LookupRequest.newBuilder()
                                        .setParentId(missing.getInodes(1).getId())
                                        .setName("none")
                                        .build())
                        .hasInode());
        assertEquals(
                ErrorCode.NOT_FOUND,
                failure(() ->
                        stub().lookup(
                                        LookupRequest.newBuilder()
                                                .setParentId(1L << 60)
                                                .setName("x")
                                                .build())));
    }

    @Test
    void mountsThatNestOrRepeatAreRefused() {
        mount("/a/b");

        assertEquals(ErrorCode.ALREADY_EXISTS, failure(() -> mount("/a/b")));
        assertEquals(ErrorCode.CONFLICT, failure(() -> mount("/a/b/c")));
        assertEquals(ErrorCode.CONFLICT, failure(() -> mount("/a")));
        assertEquals(ErrorCode.INVALID_ARGUMENT, failure(() -> mount("/")));
        mount("/a/bc");
    }

    @Test
    void aRemovedMountLeavesNothing() throws IOException {
        put("x/y/z", "1");
        Mount mount = mount("/gone/here");
        resolve("/gone/here/x/y/z");

        stub().removeMount(RemoveMountRequest.newBuilder().setPath("/gone/here").build());

        assertEquals(1, resolve("/gone/here").getInodesCount());
        assertTrue(Files.exists(bucket.resolve("x/y/z")));
        assertTrue(mount("/gone/here").getId() > mount.getId());
        assertEquals(
                ErrorCode.NOT_FOUND,
                failure(() ->
                        stub().removeMount(
                                        RemoveMountRequest.newBuilder()
                                                .setPath("/nowhere")
                                                .build())));
    }

    @Test
    void aWalkGivesEveryFileOnceInNameOrder() throws IOException {
        put("b/2", "22");
        put("b/1", "1");
        put("a-b/x", "333");
        put("a/x", "4444");
        put("c", "55555");
        mount("/w");

        List<String> paths = new ArrayList<>();
        String cursor = "";
        do {
            WalkResponse page =
                    stub().walk(
                                    WalkRequest.newBuilder()
                                            .setPath("/w")
                                            .setCursor(cursor)
                                            .setLimit(2)
                                            .build());
            page.getFilesList().forEach(file -> paths.add(file.getPath()));
            cursor = page.getNextCursor();
        } while (!cursor.isEmpty());

        assertEquals(List.of("/w/a/x", "/w/a-b/x", "/w/b/1", "/w/b/2", "/w/c"), paths);
        var usage = stub().usage(UsageRequest.newBuilder().setPath("/w").build());
        assertEquals(5, usage.getFiles());
        assertEquals(3, usage.getDirectories());
        assertEquals(15, usage.getBytes());
        WalkResponse single = stub().walk(WalkRequest.newBuilder().setPath("/w/b/1").build());
        assertEquals("/w/b/1", single.getFiles(0).getPath());
        assertEquals("", single.getNextCursor());
        assertEquals(
                ErrorCode.NOT_FOUND,
                failure(() -> stub().walk(WalkRequest.newBuilder().setPath("/w/none").build())));
    }

    private static Worker worker(String id, String directory) {
        return Worker.newBuilder()
                .setId(id)
                .setHost("127.0.0.1")
                .setDataPort(7001)
                .setControlPort(7002)
                .setHostId("host-1")
                .addCacheDirectories(directory)
                .setCapacityBytes(1000)
                .build();
    }

    @Test
    void aWorkerIsInTheRingAsLongAsItRenews() throws Exception {
        long before = stub().getRing(GetRingRequest.getDefaultInstance()).getEpoch();
        stub().registerWorker(
                        RegisterWorkerRequest.newBuilder().setWorker(worker("w1", "/c1")).build());
        stub().registerWorker(
                        RegisterWorkerRequest.newBuilder().setWorker(worker("w2", "/c2")).build());

        var ring = stub().getRing(GetRingRequest.getDefaultInstance());
        assertEquals(before + 2, ring.getEpoch());
        assertEquals(
                List.of("w1", "w2"), ring.getWorkersList().stream().map(Worker::getId).toList());
        assertEquals(1000, ring.getWorkers(0).getWeight());
        assertEquals(
                ErrorCode.CONFLICT,
                failure(() ->
                        stub().registerWorker(
                                        RegisterWorkerRequest.newBuilder()
                                                .setWorker(worker("w1", "/other"))
                                                .build())));

        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (true) {
            stub().renewLease(
                            RenewLeaseRequest.newBuilder()
                                    .setWorkerId("w2")
                                    .setCapacityBytes(1000)
                                    .setUsedBytes(10)
                                    .build());
            var workers = stub().listWorkers(ListWorkersRequest.getDefaultInstance());
            if (workers.getWorkers(0).getState() == WorkerState.WORKER_STATE_LOST) {
                assertEquals(10, workers.getWorkers(1).getUsedBytes());
                assertEquals(before + 3, workers.getRingEpoch());
                break;
            }
            assertTrue(System.nanoTime() - deadline < 0, "w1 was never lost");
            TimeUnit.MILLISECONDS.sleep(100);
        }
        assertEquals(1, stub().getRing(GetRingRequest.getDefaultInstance()).getWorkersCount());
        assertEquals(
                ErrorCode.NOT_FOUND,
                failure(() ->
                        stub().renewLease(
                                        RenewLeaseRequest.newBuilder().setWorkerId("w1").build())));
        for (String id : List.of("w1", "w2")) {
            stub().deregisterWorker(DeregisterWorkerRequest.newBuilder().setWorkerId(id).build());
        }
        assertEquals(
                0, stub().listWorkers(ListWorkersRequest.getDefaultInstance()).getWorkersCount());
    }

    private static WatchEvent await(
            BlockingClientCall<?, WatchEvent> call, Predicate<WatchEvent> wanted) throws Exception {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (true) {
            assertTrue(System.nanoTime() - deadline < 0, "it was never told");
            WatchEvent event = call.read(DEADLINE.toSeconds(), TimeUnit.SECONDS);
            if (wanted.test(java.util.Objects.requireNonNull(event))) {
                return event;
            }
        }
    }

    private BlockingClientCall<?, WatchEvent> watch(long after) {
        return MetadataServiceGrpc.newBlockingV2Stub(channel)
                .watch(
                        WatchRequest.newBuilder()
                                .setAfterSequence(after)
                                .setSubscriber("t")
                                .build());
    }

    @Test
    void aWatcherHearsWhatChangedAndGoesOnWhereItStopped() throws Exception {
        put("d/x", "1");
        put("d/y", "1");
        mount("/watched", 50);
        resolve("/watched/d/x");
        BlockingClientCall<?, WatchEvent> first = watch(0);
        assertTrue(await(first, WatchEvent::hasRing).getRing().getSlots() > 0);
        assertTrue(
                await(first, WatchEvent::hasMounts).getMounts().getMountsList().stream()
                        .anyMatch(mount -> mount.getPath().equals("/watched")));
        long at = await(first, WatchEvent::hasHeartbeat).getHeartbeat().getSequence();

        Files.writeString(bucket.resolve("d/x"), "changed");
        Files.delete(bucket.resolve("d/y"));
        TimeUnit.MILLISECONDS.sleep(60);
        resolve("/watched/d/x");
        WatchEvent heard = await(first, event -> event.getInvalidation().getName().equals("x"));
        first.cancel("seen", null);

        assertTrue(heard.getSequence() > at);
        assertTrue(heard.getInvalidation().getInodeId() > 0);
        BlockingClientCall<?, WatchEvent> again = watch(at);
        assertEquals(heard, await(again, event -> event.getInvalidation().getName().equals("x")));
        await(again, event -> event.getInvalidation().getName().equals("y"));
        again.cancel("seen", null);
    }

    @Test
    void aWatcherHearsThePoliciesAtFirstAndAtEachChange() throws Exception {
        mount("/watched");
        PathPolicy pinned = PathPolicy.newBuilder().setPath("/watched/a").setPinned(true).build();
        assertEquals(
                pinned, stub().setPolicy(SetPolicyRequest.newBuilder().setPolicy(pinned).build()));
        BlockingClientCall<?, WatchEvent> watch = watch(0);
        assertEquals(
                List.of(pinned),
                await(watch, WatchEvent::hasPolicies).getPolicies().getPoliciesList());

        PathPolicy ttl =
                PathPolicy.newBuilder()
                        .setPath("/watched")
                        .setTtlMillis(5_000)
                        .setEviction(Eviction.EVICTION_EPOCH)
                        .build();
        stub().setPolicy(SetPolicyRequest.newBuilder().setPolicy(ttl).build());
        await(watch, event -> event.getPolicies().getPoliciesList().equals(List.of(ttl, pinned)));
        var effective =
                stub().getEffectivePolicy(
                                GetEffectivePolicyRequest.newBuilder()
                                        .setPath("/watched/a/b")
                                        .build());
        stub().removePolicy(
                        RemovePolicyRequest.newBuilder()
                                .setPath("/watched/a")
                                .addAttributes(PolicyAttribute.POLICY_ATTRIBUTE_PINNED)
                                .build());
        await(watch, event -> event.getPolicies().getPoliciesList().equals(List.of(ttl)));
        stub().removeMount(RemoveMountRequest.newBuilder().setPath("/watched").build());
        await(watch, event -> event.hasPolicies() && event.getPolicies().getPoliciesCount() == 0);
        watch.cancel("seen", null);

        assertTrue(effective.getPolicy().getPinned());
        assertEquals(5_000, effective.getPolicy().getTtlMillis());
        assertEquals(1, effective.getPolicy().getReplicas());
        assertEquals(
                List.of("/watched/a", "/watched", "/watched"),
                effective.getOriginsList().stream().map(PolicyOrigin::getPath).toList());
        assertEquals(
                ErrorCode.INVALID_ARGUMENT,
                failure(() ->
                        stub().setPolicy(
                                        SetPolicyRequest.newBuilder()
                                                .setPolicy(ttl.toBuilder().setEvictionValue(99))
                                                .build())));
        assertEquals(
                0,
                stub().listPolicies(ListPoliciesRequest.getDefaultInstance()).getPoliciesCount());
    }

    @Test
    void keysThatCannotBePathsAreListedApart() throws Exception {
        put("ok", "1");
        put("bad\u0007name", "1");
        put("tab\tdir/x", "1");
        mount("/h");

        assertEquals(
                List.of("ok"),
                readDirectory(resolve("/h").getInodes(1).getId(), 0).stream()
                        .map(Inode::getName)
                        .toList());
        var hidden =
                stub().listHiddenKeys(
                                ListHiddenKeysRequest.newBuilder().setMountPath("/h").build());
        assertEquals(2, hidden.getTotal());
        assertEquals("bad\\u0007name", hidden.getKeys(0).getKey());
        assertEquals("tab\\u0009dir/", hidden.getKeys(1).getKey());
    }
}
