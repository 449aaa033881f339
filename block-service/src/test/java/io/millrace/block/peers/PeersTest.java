package io.millrace.block.peers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.block.Eventually;
import io.millrace.block.TestWorkerParts;
import io.millrace.block.cluster.ClusterView;
import io.millrace.block.dataport.DataPortMeter;
import io.millrace.block.dataport.DataPortServer;
import io.millrace.block.dataport.DataPortSettings;
import io.millrace.block.fill.FillSettings;
import io.millrace.block.fill.Prefetches;
import io.millrace.client.ChunkReads;
import io.millrace.contracts.DataPort.Origin;
import io.millrace.model.BlockId;
import io.millrace.model.ByteRange;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import io.millrace.model.Ring;
import io.millrace.model.WorkerId;
import io.millrace.understore.UnderStoreListener.Verb;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init")
class PeersTest {

    private static final int MIB = 1 << 20;
    private static final FillSettings FILL =
            new FillSettings(8, 4, 4L * MIB, 0, 16L * MIB, Duration.ofSeconds(10));

    @TempDir Path directory;

    private final AtomicLong now = new AtomicLong(1);
    private final Map<WorkerId, Node> nodes = new LinkedHashMap<>();
    private Vertx vertx;

    /** A worker with its data port. */
    private record Node(TestWorkerParts parts, DataPortServer port, Prefetches prefetches) {

        ClusterView.Address address() {
            return new ClusterView.Address("127.0.0.1", port.port());
        }

        long bucketReads() {
            return parts.counts.calls(Verb.READ);
        }
    }

    @BeforeEach
    void start() {
        vertx = Vertx.vertx();
    }

    @AfterEach
    void stop() {
        for (Node node : nodes.values()) {
            node.port().stop(Duration.ofSeconds(2));
            node.prefetches().stop();
            node.parts().close();
        }
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void whoDoesNotOwnABlockGetsItThroughItsOwner() throws Exception {
        Node a = node("a");
        Node b = node("b");
        ring(1, member("a"), member("b"));
        byte[] bytes = a.parts().object("file", 3 * MIB + 11);
        FileSource file = a.parts().stat("file");
        Node owner = ownerOf(file);
        Node other = owner == a ? b : a;
        assertArrayEquals(bytes, read(other, file));
        assertEquals(0, other.bucketReads());
        assertTrue(owner.bucketReads() > 0);
        assertEquals(bytes.length, owner.parts().counts.bytes());
        assertArrayEquals(bytes, read(other, file));
        assertEquals(bytes.length, other.parts().cache.residentBytes(file.fileVersion()));
    }

    @Test
    void withoutTheOwnerTheBucketIsRead() throws Exception {
        Node a = node("a");
        Node b = node("b");
        ring(1, member("a"), member("b"));
        byte[] bytes = a.parts().object("file", 2 * MIB);
        FileSource file = a.parts().stat("file");
        Node owner = ownerOf(file);
        Node other = owner == a ? b : a;
        owner.port().stop(Duration.ZERO);
        assertArrayEquals(bytes, read(other, file));
        assertTrue(other.bucketReads() > 0);
    }

    @Test
    void aWorkerThatIsNewCopiesFromWhoHadItsBlocks() throws Exception {
        Node a = node("a");
        Node b = node("b");
        ring(1, member("a"));
        FileSource file = fileOf("b", 2 * MIB + 5, member("a"), member("b"));
        byte[] bytes = Files.readAllBytes(a.parts().source.resolve(file.key()));
        read(a, file);
        ring(2, member("a"), member("b"));
        assertArrayEquals(bytes, read(b, file));
        assertEquals(0, b.bucketReads());
    }

    @Test
    void whatNobodyHadComesFromTheBucketAndIsNotAskedOfOthersToFetch() throws Exception {
        Node a = node("a");
        Node b = node("b");
        ring(1, member("a"), member("b"));
        FileSource file = fileOf("b", 2 * MIB, member("a"), member("b"));
        read(b, file);
        assertEquals(0, a.bucketReads());
        assertTrue(b.bucketReads() > 0);
    }

    @Test
    void aWorkerThatIsNoLongerNewAsksNobody() throws Exception {
        Node a = node("a");
        Node b = node("b");
        ring(1, member("a"));
        FileSource file = fileOf("b", MIB, member("a"), member("b"));
        read(a, file);
        ring(2, member("a"), member("b"));
        now.addAndGet(PeerSettings.DEFAULT.handover().toNanos());
        read(b, file);
        assertTrue(b.bucketReads() > 0);
    }

    @Test
    void whoHasNothingIsSeldomAskedUntilItHasSomething() throws Exception {
        Node a = node("a");
        Node b = node("b");
        ring(1, member("a"), member("b"));
        FileSource file = fileOf("b", 1_000, member("a"), member("b"));
        BlockId block = new BlockId(file.fileVersion(), 0);
        AtomicInteger asked = new AtomicInteger();
        try (ChunkReads chunks = new ChunkReads(1, Duration.ofSeconds(5));
                Peers peers =
                        new Peers(
                                b.parts().view,
                                PeerSettings.DEFAULT,
                                PeerMeter.NONE,
                                now::get,
                                counting(asked, new DataPortReads(chunks)))) {
            byte[] target = new byte[1_000];
            for (int i = 0; i < 1_000; i++) {
                assertFalse(peers.read(file, file.fileVersion(), block, 0, target));
            }
            assertTrue(asked.get() >= 64 && asked.get() <= 64 + 1_000 / 16, asked::toString);
            read(a, file);
            int tries = 1;
            while (!peers.read(file, file.fileVersion(), block, 0, target)) {
                tries++;
            }
            assertTrue(tries <= 16, "found at try " + tries);
            assertTrue(peers.read(file, file.fileVersion(), block, 0, target));
        }
    }

    private static PeerReads counting(AtomicInteger asked, PeerReads reads) {
        return new PeerReads() {
            @Override
            public void read(
                    ClusterView.Address worker,
                    FileSource source,
                    FileVersion version,
                    int chunk,
                    Origin origin,
                    ByteBuffer target)
                    throws IOException {
                asked.incrementAndGet();
                reads.read(worker, source, version, chunk, origin, target);
            }

            @Override
            public void close() {
                reads.close();
            }
        };
    }

    @Test
    void whatADrainingWorkerHasIsCopiedFromIt() throws Exception {
        Node a = node("a");
        Node b = node("b");
        ring(1, member("a"), member("b"));
        now.addAndGet(PeerSettings.DEFAULT.handover().toNanos());
        FileSource file = fileOf("a", 2 * MIB, member("a"), member("b"));
        read(a, file);
        ring(2, new Ring.Member(new WorkerId("a"), 1, true), member("b"));
        assertEquals(b, ownerOf(file));
        read(b, file);
        assertEquals(0, b.bucketReads());
    }

    @Test
    void bytesThatADiskHasSpoiltAreNotPassedOn() throws Exception {
        Node a = node("a");
        Node b = node("b");
        ring(1, member("a"), member("b"));
        byte[] bytes = a.parts().object("file", 2 * MIB);
        FileSource file = a.parts().stat("file");
        Node owner = ownerOf(file);
        Node other = owner == a ? b : a;
        assertArrayEquals(bytes, read(owner, file));
        Path cached = completeFile(owner, file);
        try (RandomAccessFile disk = new RandomAccessFile(cached.toFile(), "rw")) {
            disk.seek(MIB + 77);
            disk.write(~bytes[MIB + 77]);
        }
        long before = owner.bucketReads();
        assertArrayEquals(bytes, read(other, file));
        assertTrue(owner.bucketReads() > before);
        assertEquals(1, owner.parts().cache.usage().corruptChunks());
        assertArrayEquals(bytes, read(owner, file));
    }

    @Test
    void aSmallFileWithItsChecksumBesideItIsCheckedToo() throws Exception {
        Node a = node("a");
        Node b = node("b");
        ring(1, member("a"), member("b"));
        byte[] bytes = a.parts().object("small", 110_000);
        FileSource file = a.parts().stat("small");
        Node owner = ownerOf(file);
        Node other = owner == a ? b : a;
        read(owner, file);
        try (RandomAccessFile disk =
                new RandomAccessFile(completeFile(owner, file).toFile(), "rw")) {
            disk.seek(5);
            disk.write(~bytes[5]);
        }
        assertArrayEquals(bytes, read(other, file));
        assertEquals(1, owner.parts().cache.usage().corruptChunks());
    }

    @Test
    void twoWorkersThatDisagreeOnTheRingDoNotSendEachOtherInCircles() throws Exception {
        Node a = node("a");
        Node b = node("b");
        byte[] bytes = a.parts().object("file", MIB);
        FileSource file = a.parts().stat("file");
        ring(1, member("a"), member("b"));
        a.parts().view.update(new Ring(2, 64, List.of(member("b"))), addresses());
        b.parts().view.update(new Ring(2, 64, List.of(member("a"))), addresses());
        assertArrayEquals(bytes, read(a, file));
        assertEquals(1, a.bucketReads() + b.bucketReads());
    }

    private static Ring.Member member(String id) {
        return new Ring.Member(new WorkerId(id), 1, false);
    }

    private Node node(String id) throws IOException {
        WorkerId self = new WorkerId(id);
        TestWorkerParts parts = new TestWorkerParts(directory, self, 256L * MIB, FILL, now::get);
        Prefetches prefetches = new Prefetches(parts.filler, 16, 1);
        DataPortServer port =
                DataPortServer.start(
                        vertx,
                        1,
                        parts.filler,
                        prefetches,
                        new DataPortSettings(
                                "127.0.0.1", 0, 64, 64, 4L * MIB, Duration.ofSeconds(30)),
                        DataPortMeter.NONE);
        Node node = new Node(parts, port, prefetches);
        nodes.put(self, node);
        return node;
    }

    private Map<WorkerId, ClusterView.Address> addresses() {
        Map<WorkerId, ClusterView.Address> addresses = new LinkedHashMap<>();
        nodes.forEach((id, node) -> addresses.put(id, node.address()));
        return addresses;
    }

    private void ring(long epoch, Ring.Member... members) {
        Ring ring = new Ring(epoch, 64, List.of(members));
        nodes.values().forEach(node -> node.parts().view.update(ring, addresses()));
    }

    private Node ownerOf(FileSource file) {
        Ring ring = nodes.values().iterator().next().parts().view.known().ring();
        return Objects.requireNonNull(nodes.get(ownerOf(file, ring)));
    }

    private static WorkerId ownerOf(FileSource file, Ring ring) {
        return ring.placement().owners(new BlockId(file.fileVersion(), 0)).getFirst();
    }

    /** An object that {@code owner} owns in the ring of {@code members}. */
    private FileSource fileOf(String owner, int length, Ring.Member... members) throws IOException {
        Ring ring = new Ring(1, 64, List.of(members));
        TestWorkerParts parts = nodes.values().iterator().next().parts();
        for (int i = 0; ; i++) {
            parts.object("file-" + i, length);
            FileSource file = parts.stat("file-" + i);
            if (ownerOf(file, ring).equals(new WorkerId(owner))) {
                return file;
            }
        }
    }

    private static byte[] read(Node node, FileSource file) {
        return node.parts().read(file, ByteRange.whole(file.length()));
    }

    private static Path completeFile(Node node, FileSource file) throws IOException {
        String name = file.fileVersion().toString();
        Eventually.holds("it is complete", () -> find(node, name).findAny().isPresent());
        try (Stream<Path> found = find(node, name)) {
            return found.findFirst().orElseThrow();
        }
    }

    private static Stream<Path> find(Node node, String name) throws IOException {
        return Files.find(
                node.parts().cache.paths().getFirst(),
                8,
                (path, _) -> path.getFileName().toString().equals(name));
    }
}
