package io.millrace.agent.fs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.agent.fuse.FuseMount;
import io.millrace.agent.fuse.FuseOptions;
import io.millrace.agent.fuse.Mounts;
import io.millrace.agent.fuse.ReadPolicy;
import io.millrace.agent.fuse.linux.LinuxFuseBinding;
import io.millrace.client.Cancellation;
import io.millrace.client.ClientSettings;
import io.millrace.client.MillraceClient;
import io.millrace.client.ScriptedDataPort;
import io.millrace.client.ScriptedMetadata;
import io.millrace.model.FileSource;
import io.millrace.model.NamespacePath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole agent but its process, over scripted servers and a real mount. */
@Timeout(120)
class MillraceFileSystemTest {

    private static final String HOST = "this host";

    @TempDir Path directory;

    private ScriptedMetadata metadata;
    private ScriptedDataPort one;
    private ScriptedDataPort two;
    private MillraceClient client;
    private FuseMount mount;
    private Path mountPoint;
    private Path cache;

    @BeforeEach
    void start() throws Exception {
        String reason = Mounts.whyNot();
        if (!reason.isEmpty()) {
            System.out.println("SKIPPED MillraceFileSystemTest: " + reason);
        }
        assumeTrue(reason.isEmpty(), reason);
        mountPoint = Files.createDirectory(directory.resolve("mnt")).toRealPath();
        cache = directory.resolve("cache");
        Files.createDirectories(cache.resolve("v1"));
        metadata = new ScriptedMetadata();
        one = new ScriptedDataPort("one");
        two = new ScriptedDataPort("two");
        metadata.workers(
                List.of(
                        one.worker().toBuilder()
                                .setHostId(HOST)
                                .addCacheDirectories(cache.toString())
                                .build(),
                        two.worker()));
        client =
                MillraceClient.connect(
                        new ClientSettings(
                                "127.0.0.1",
                                metadata.port(),
                                "test",
                                Duration.ofSeconds(2),
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(3),
                                16,
                                100_000,
                                16L << 20,
                                1L << 30,
                                Duration.ofHours(1),
                                HOST),
                        Duration.ofSeconds(20));
        MillraceFileSystem fileSystem =
                new MillraceFileSystem(
                        client,
                        client.namespace().resolve(NamespacePath.ROOT, new Cancellation()),
                        new FileAttributes(0, 0, 0444, 0555));
        mount = new LinuxFuseBinding().mount(fileSystem, FuseOptions.at(mountPoint));
        fileSystem.follow(mount);
    }

    @AfterEach
    void stop() throws Exception {
        if (mount != null) {
            mount.unmount(Duration.ofSeconds(2));
            Mounts.remove(mountPoint);
            client.close();
            metadata.close();
            one.close();
            two.close();
        }
    }

    private static byte[] content(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** A file whose bytes the workers have. */
    private FileSource file(long parent, String name, int length, long seed) {
        FileSource source = source(name, length, seed);
        byte[] bytes = content(length, seed);
        one.serve(source, bytes);
        two.serve(source, bytes);
        metadata.file(parent, name, source);
        return source;
    }

    private static FileSource source(String name, int length, long seed) {
        return new FileSource(ScriptedMetadata.MOUNT_ID, name, "\"" + seed + "\"", length);
    }

    private int requests() {
        return one.requests.get() + two.requests.get();
    }

    @Test
    void aTreeIsWalkedAndReadByteForByte() throws IOException {
        Map<Path, byte[]> expected = new TreeMap<>();
        Random random = new Random(1);
        for (int d = 0; d < 3; d++) {
            long id = metadata.directory(ScriptedMetadata.ROOT, "d" + d);
            for (int f = 0; f < 20; f++) {
                int length = f == 0 ? 0 : random.nextInt(f == 1 ? 5_000_000 : 200_000);
                file(id, "f" + f, length, 100L * d + f);
                expected.put(
                        mountPoint.resolve("d" + d).resolve("f" + f),
                        content(length, 100L * d + f));
            }
        }
        try (Stream<Path> walk = Files.walk(mountPoint)) {
            assertEquals(
                    List.copyOf(expected.keySet()),
                    walk.filter(Files::isRegularFile).sorted().toList());
        }
        for (var entry : expected.entrySet()) {
            assertArrayEquals(entry.getValue(), Files.readAllBytes(entry.getKey()));
        }
    }

    @Test
    void aSecondReadAsksNobody() throws Exception {
        long id = metadata.directory(ScriptedMetadata.ROOT, "d");
        for (int f = 0; f < 50; f++) {
            file(id, "f" + f, 100_000, f);
        }
        var _ = readAll(50);
        assertEquals(50, requests(), "a small file is one request");
        // What is learnt of the directory in the background may still be on its way.
        Mounts.await("a read asks metadata-service nothing", () -> readAll(50) == 0);
        assertEquals(50, requests());
    }

    /** How many calls of metadata-service it took. */
    private long readAll(int files) {
        long before = client.counters().metadataCalls();
        try {
            for (int f = 0; f < files; f++) {
                Path file = mountPoint.resolve("d").resolve("f" + f);
                assertArrayEquals(content(100_000, f), Files.readAllBytes(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return client.counters().metadataCalls() - before;
    }

    /** A file that lies complete in the cache directory; where it does. */
    private Path cached(String name, byte[] bytes, long seed) throws IOException {
        FileSource source = source(name, bytes.length, seed);
        String version = source.fileVersion().toString();
        Path parent =
                cache.resolve("v1")
                        .resolve(version.substring(0, 2))
                        .resolve(version.substring(2, 4));
        Files.createDirectories(parent);
        metadata.file(ScriptedMetadata.ROOT, name, source);
        return Files.write(parent.resolve(version), bytes);
    }

    @Test
    void aFileInACacheDirectoryOfThisHostNeedsNoWorker() throws IOException {
        byte[] bytes = content(3_000_000, 5);
        Path _ = cached("local", bytes, 5);
        assertArrayEquals(bytes, Files.readAllBytes(mountPoint.resolve("local")));
        assertEquals(0, requests());
        assertEquals(1, mount.reading().passthroughOpens(), mount.reading().reason());
        assertEquals(0, client.counters().localReads());
    }

    @Test
    void aCachedFileIsReadAgainByNothingButAnOpen() throws IOException {
        byte[] bytes = content(110_000, 5);
        Path _ = cached("local", bytes, 5);
        assertArrayEquals(bytes, Files.readAllBytes(mountPoint.resolve("local")));
        long calls = client.counters().metadataCalls();
        for (int i = 2; i <= 10; i++) {
            assertArrayEquals(bytes, Files.readAllBytes(mountPoint.resolve("local")));
            assertEquals(i, mount.reading().passthroughOpens(), mount.reading().reason());
        }
        assertEquals(calls, client.counters().metadataCalls());
        assertEquals(0, client.counters().localReads());
        assertEquals(0, mount.reading().servedOpens());
    }

    private void mountWithoutOpens() {
        mount.unmount(Duration.ofSeconds(2));
        MillraceFileSystem fileSystem =
                new MillraceFileSystem(
                        client,
                        client.namespace().resolve(NamespacePath.ROOT, new Cancellation()),
                        new FileAttributes(0, 0, 0444, 0555));
        mount =
                new LinuxFuseBinding()
                        .mount(
                                fileSystem,
                                FuseOptions.at(mountPoint).toBuilder()
                                        .readPolicy(ReadPolicy.NO_OPEN)
                                        .build());
    }

    @Test
    void withoutPassthroughAFileOfThisHostIsReadFromItsCacheDirectory() throws IOException {
        mountWithoutOpens();
        byte[] bytes = content(3_000_000, 5);
        Path _ = cached("local", bytes, 5);
        assertArrayEquals(bytes, Files.readAllBytes(mountPoint.resolve("local")));
        assertEquals(0, requests());
        assertEquals(bytes.length, client.counters().localBytes());
        long reads = client.counters().localReads();
        assertArrayEquals(bytes, Files.readAllBytes(mountPoint.resolve("local")));
        assertEquals(reads, client.counters().localReads(), "the second time from the page cache");
    }

    @Test
    void withoutPassthroughAFileIsReadToItsEndThoughItIsEvictedMeanwhile() throws IOException {
        mountWithoutOpens();
        byte[] bytes = content(40_000_000, 6);
        Path file = cached("local", bytes, 6);
        try (var in = Files.newInputStream(mountPoint.resolve("local"))) {
            assertEquals(bytes[0], (byte) in.read());
            Files.delete(file);
            assertArrayEquals(Arrays.copyOfRange(bytes, 1, bytes.length), in.readAllBytes());
        }
        assertEquals(0, requests());
    }

    @Test
    void aChangedFileIsSeenByTheNextOpenAndNotByTheLast() throws Exception {
        file(ScriptedMetadata.ROOT, "a", 3_000_000, 1);
        Path a = mountPoint.resolve("a");
        byte[] old = content(3_000_000, 1);
        try (FileChannel open = FileChannel.open(a)) {
            assertEquals(old[0], readAt(open, 0));
            file(ScriptedMetadata.ROOT, "a", 2_000_000, 2);
            metadata.invalidate(ScriptedMetadata.ROOT, "a");
            Mounts.await("the new version is seen", () -> sizeOf(a) == 2_000_000);
            assertArrayEquals(content(2_000_000, 2), Files.readAllBytes(a));
            for (int at = 0; at < old.length; at += 99_991) {
                assertEquals(old[at], readAt(open, at));
            }
            assertEquals(old.length, open.size());
        }
    }

    @Test
    void aFileThatChangedInTheBucketAloneIsStaleAndThenNew() throws Exception {
        FileSource old = file(ScriptedMetadata.ROOT, "a", 100_000, 1);
        Path a = mountPoint.resolve("a");
        assertEquals(100_000, Files.size(a));
        one.stale(old);
        two.stale(old);
        file(ScriptedMetadata.ROOT, "a", 120_000, 2);
        IOException stale = assertThrows(IOException.class, () -> Files.readAllBytes(a));
        assertEquals("Stale file handle", stale.getMessage());
        Mounts.await("the new version is seen", () -> sizeOf(a) == 120_000);
        assertArrayEquals(content(120_000, 2), Files.readAllBytes(a));
    }

    @Test
    void aNewNameAndAVanishedOneAreSeenWhenTheWatchTellsThem() throws Exception {
        Path a = mountPoint.resolve("a");
        assertThrows(NoSuchFileException.class, () -> Files.size(a));
        file(ScriptedMetadata.ROOT, "a", 10, 1);
        metadata.invalidate(ScriptedMetadata.ROOT, "a");
        Mounts.await("it is there", () -> sizeOf(a) == 10);
        metadata.remove(ScriptedMetadata.ROOT, "a");
        metadata.invalidate(ScriptedMetadata.ROOT, "a");
        Mounts.await("it is gone", () -> sizeOf(a) == -1);
    }

    @Test
    void afterAResyncEverythingIsAskedAgain() throws Exception {
        file(ScriptedMetadata.ROOT, "a", 10, 1);
        assertEquals(10, Files.size(mountPoint.resolve("a")));
        file(ScriptedMetadata.ROOT, "a", 20, 2);
        metadata.resync();
        Mounts.await("the new version is seen", () -> sizeOf(mountPoint.resolve("a")) == 20);
    }

    @Test
    void readsGoOnWhenAWorkerDies() throws IOException {
        for (int f = 0; f < 40; f++) {
            file(ScriptedMetadata.ROOT, "f" + f, 150_000, f);
        }
        for (int f = 0; f < 40; f++) {
            if (f == 10) {
                two.close();
            }
            assertArrayEquals(content(150_000, f), Files.readAllBytes(mountPoint.resolve("f" + f)));
        }
    }

    @Test
    void whatIsKnownOutlivesMetadataService() throws Exception {
        file(ScriptedMetadata.ROOT, "known", 100_000, 1);
        metadata.validMillis = 1;
        assertEquals(100_000, Files.size(mountPoint.resolve("known")));
        metadata.stop();
        assertArrayEquals(content(100_000, 1), Files.readAllBytes(mountPoint.resolve("known")));
        IOException unknown =
                assertThrows(IOException.class, () -> Files.size(mountPoint.resolve("unknown")));
        assertTrue(
                String.valueOf(unknown.getMessage()).contains("Input/output error"), "" + unknown);
        file(ScriptedMetadata.ROOT, "unknown", 5, 1);
        metadata.restart();
        Mounts.await("it is found again", () -> sizeOf(mountPoint.resolve("unknown")) == 5);
    }

    @Test
    void aDirectoryOfManyEntriesIsListedInPages() throws Exception {
        long id = metadata.directory(ScriptedMetadata.ROOT, "many");
        FileSource source = source("x", 10, 1);
        for (int i = 0; i < 50_000; i++) {
            metadata.file(id, "entry-%06d".formatted(i), source);
        }
        try (Stream<Path> list = Files.list(mountPoint.resolve("many"))) {
            List<String> names = list.map(path -> path.getFileName().toString()).toList();
            assertEquals(50_000, names.size());
            for (int i = 0; i < 50_000; i++) {
                assertEquals("entry-%06d".formatted(i), names.get(i));
            }
        }
        assertEquals(25, metadata.pages.get());
        assertEquals(0, metadata.lookups.get() - 1, "only the directory itself is looked up");
    }

    @Test
    void aListingIsReadAgainWhenItChangedAndOnlyThen() throws Exception {
        long id = metadata.directory(ScriptedMetadata.ROOT, "d");
        for (int f = 0; f < 3_000; f++) {
            metadata.file(id, "f%04d".formatted(f), source("x", 10, 1));
        }
        Path d = mountPoint.resolve("d");
        assertEquals(3_000, names(d).size());
        int asked = metadata.pages.get();
        assertEquals(3_000, names(d).size());
        assertEquals(asked, metadata.pages.get());
        metadata.file(id, "f1000a", source("x", 10, 1));
        metadata.invalidate(id, "f1000a");
        Mounts.await("the new name is listed", () -> names(d).contains("f1000a"));
        metadata.remove(id, "f2999");
        metadata.invalidate(id, "f2999");
        Mounts.await("the old name is gone", () -> !names(d).contains("f2999"));
        assertEquals(3_000, names(d).size());
        metadata.validMillis = 1;
        metadata.resync();
        metadata.file(id, "unannounced", source("x", 10, 1));
        Mounts.await("it is listed after its time", () -> names(d).contains("unannounced"));
        metadata.remove(id, "unannounced");
        Mounts.await("and gone", () -> !names(d).contains("unannounced"));
    }

    private static List<String> names(Path directory) {
        String[] names = directory.toFile().list();
        return names == null ? List.of() : List.of(names);
    }

    @Test
    void extendedAttributesSayWhatAFileIs() throws Exception {
        FileSource source = file(ScriptedMetadata.ROOT, "a", 3_000_000, 1);
        Path a = mountPoint.resolve("a");
        assertEquals(source.fileVersion().toString(), attribute(a, "version"));
        assertEquals("a", attribute(a, "key"));
        assertTrue(List.of("one", "two").contains(attribute(a, "owner")));
        assertEquals("0", attribute(a, "cached"));
        String name = source.fileVersion().toString();
        Path file = cache.resolve("v1").resolve(name.substring(0, 2)).resolve(name.substring(2, 4));
        Files.createDirectories(file);
        Files.write(file.resolve(name), content(3_000_000, 1));
        assertEquals("3000000", attribute(a, "cached"));
        assertEquals(
                List.of("millrace.version", "millrace.key", "millrace.owner", "millrace.cached"),
                Files.getFileAttributeView(a, UserDefinedFileAttributeView.class).list());
        assertEquals(
                List.of(),
                Files.getFileAttributeView(mountPoint, UserDefinedFileAttributeView.class).list());
    }

    private static String attribute(Path file, String name) throws IOException {
        var view = Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
        ByteBuffer value = ByteBuffer.allocate(view.size("millrace." + name));
        var _ = view.read("millrace." + name, value);
        return new String(value.array(), StandardCharsets.UTF_8);
    }

    @Test
    void aReaderOfAWorkerThatHangsCanBeKilled() throws Exception {
        file(ScriptedMetadata.ROOT, "a", 5_000_000, 1);
        one.hanging = true;
        two.hanging = true;
        Process reader =
                new ProcessBuilder("cat", mountPoint.resolve("a").toString())
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try {
            Mounts.await("a worker is asked", () -> requests() > 0);
            reader.destroyForcibly();
            assertTrue(reader.waitFor(3, TimeUnit.SECONDS), "SIGKILL did not end the reader");
        } finally {
            reader.destroyForcibly().waitFor();
        }
    }

    @Test
    void whatAModelSaysTheMountShows() throws Exception {
        long seed = Long.getLong("millrace.test.seed", System.nanoTime());
        System.out.println("MillraceFileSystemTest: -Dmillrace.test.seed=" + seed);
        Random random = new Random(seed);
        Map<Integer, byte[]> model = new TreeMap<>();
        for (int step = 0; step < 200; step++) {
            int name = random.nextInt(8);
            Path path = mountPoint.resolve("f" + name);
            switch (random.nextInt(4)) {
                case 0 -> {
                    long content = random.nextLong();
                    int length = random.nextInt(400_000);
                    file(ScriptedMetadata.ROOT, "f" + name, length, content);
                    model.put(name, content(length, content));
                    metadata.invalidate(ScriptedMetadata.ROOT, "f" + name);
                    Mounts.await("a change is seen", () -> sizeOf(path) == length);
                }
                case 1 -> {
                    metadata.remove(ScriptedMetadata.ROOT, "f" + name);
                    model.remove(name);
                    metadata.invalidate(ScriptedMetadata.ROOT, "f" + name);
                    Mounts.await("a removal is seen", () -> sizeOf(path) == -1);
                }
                default -> {
                    byte[] expected = model.get(name);
                    if (expected == null) {
                        assertThrows(NoSuchFileException.class, () -> Files.readAllBytes(path));
                    } else {
                        assertArrayEquals(expected, Files.readAllBytes(path));
                    }
                }
            }
        }
    }

    private static byte readAt(FileChannel channel, long offset) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        assertEquals(1, channel.read(one, offset));
        return one.get(0);
    }

    private static long sizeOf(Path path) {
        try {
            return Files.size(path);
        } catch (IOException e) {
            return -1;
        }
    }
}
