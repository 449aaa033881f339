package io.millrace.agent.fs;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.agent.fuse.FuseMount;
import io.millrace.agent.fuse.FuseOptions;
import io.millrace.agent.fuse.Mounts;
import io.millrace.agent.fuse.linux.LinuxFuseBinding;
import io.millrace.client.Cancellation;
import io.millrace.client.ClientSettings;
import io.millrace.client.MillraceClient;
import io.millrace.client.ScriptedDataPort;
import io.millrace.client.ScriptedMetadata;
import io.millrace.model.FileSource;
import io.millrace.model.NamespacePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A real mount of the whole agent but its process, over scripted servers. */
abstract class ScriptedMountTest {

    /** Nodes that the kernel is let to hold. */
    static final int NODES = 20_000;

    private static final String HOST = "this host";

    @TempDir Path directory;

    ScriptedMetadata metadata;
    ScriptedDataPort one;
    ScriptedDataPort two;
    MillraceClient client;
    MillraceFileSystem fileSystem;
    FuseMount mount;
    Path mountPoint;
    Path cache;

    @BeforeEach
    void start() throws Exception {
        String reason = Mounts.whyNot();
        if (!reason.isEmpty()) {
            System.out.println("SKIPPED " + getClass().getSimpleName() + ": " + reason);
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
                                10_000,
                                16L << 20,
                                1L << 30,
                                Duration.ofHours(1),
                                HOST),
                        Duration.ofSeconds(20));
        fileSystem =
                new MillraceFileSystem(
                        client,
                        client.namespace().resolve(NamespacePath.ROOT, new Cancellation()),
                        new FileAttributes(0, 0, 0444, 0555),
                        NODES);
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

    static byte[] content(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** A file whose bytes the workers have. */
    FileSource file(long parent, String name, int length, long seed) {
        FileSource source = source(name, length, seed);
        byte[] bytes = content(length, seed);
        one.serve(source, bytes);
        two.serve(source, bytes);
        metadata.file(parent, name, source);
        return source;
    }

    static FileSource source(String name, int length, long seed) {
        return new FileSource(ScriptedMetadata.MOUNT_ID, name, "\"" + seed + "\"", length);
    }

    int requests() {
        return one.requests.get() + two.requests.get();
    }

    /** A file that lies complete in the cache directory; where it does. */
    Path cached(String name, byte[] bytes, long seed) throws IOException {
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

    static long sizeOf(Path path) {
        try {
            return Files.size(path);
        } catch (IOException e) {
            return -1;
        }
    }
}
