package io.millrace.agent.fs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.agent.fuse.FuseOptions;
import io.millrace.agent.fuse.Mounts;
import io.millrace.agent.fuse.ReadPolicy;
import io.millrace.agent.fuse.linux.LinuxFuseBinding;
import io.millrace.client.Cancellation;
import io.millrace.client.ScriptedMetadata;
import io.millrace.model.FileSource;
import io.millrace.model.NamespacePath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is read through the mount. */
@Timeout(120)
class MillraceFileSystemTest extends ScriptedMountTest {

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
        readAll(50);
        assertEquals(50, requests(), "a small file is one request");
        // The directory is learnt in the background, once a few of its names were asked for.
        Mounts.await("it is learnt", () -> client.namespace().knownPage(id, "") != null);
        var before = client.counters();
        readAll(50);
        assertEquals(before.metadataCalls(), client.counters().metadataCalls());
        assertEquals(before.workerReads(), client.counters().workerReads());
        assertEquals(50, requests());
    }

    private void readAll(int files) throws IOException {
        for (int f = 0; f < files; f++) {
            Path file = mountPoint.resolve("d").resolve("f" + f);
            assertArrayEquals(content(100_000, f), Files.readAllBytes(file));
        }
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
        fileSystem =
                new MillraceFileSystem(
                        client,
                        client.namespace().resolve(NamespacePath.ROOT, new Cancellation()),
                        new FileAttributes(0, 0, 0444, 0555),
                        NODES);
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
}
