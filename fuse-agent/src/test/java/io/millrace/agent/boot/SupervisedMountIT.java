package io.millrace.agent.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.agent.fuse.Mounts;
import io.millrace.client.ScriptedMetadata;
import io.millrace.model.FileSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A supervised agent that is killed while its mount is read. {@code -Dmillrace.test.kills=50} kills
 * more often than every build does.
 */
@Timeout(600)
class SupervisedMountIT {

    private static final int KILLS = Integer.getInteger("millrace.test.kills", 8);

    @TempDir Path directory;

    private AgentRig rig;
    private Path stats;

    @SuppressWarnings("NullAway.Init")
    private Process holder;

    @BeforeEach
    void start() throws IOException {
        AgentRig.assumeMounts(getClass());
        rig = new AgentRig(directory);
        stats = directory.resolve("stats.json");
    }

    @AfterEach
    void stop() throws Exception {
        if (rig != null) {
            rig.close();
        }
    }

    private void mount() throws IOException {
        holder =
                rig.mounted(
                        "--supervised",
                        "--state-dir",
                        directory.resolve("state").toString(),
                        "--stats-file",
                        stats.toString());
    }

    private ProcessHandle agent() throws InterruptedException {
        Mounts.await("the holder has an agent", () -> holder.children().findAny().isPresent());
        return holder.children().max(Comparator.comparing(ProcessHandle::pid)).orElseThrow();
    }

    /** Kills the agent, and returns when the next one serves: after how many milliseconds. */
    private long kill() throws Exception {
        long start = System.nanoTime();
        ProcessHandle agent = agent();
        Path serving = directory.resolve("state/serving");
        assertTrue(agent.destroyForcibly());
        agent.onExit().get(10, TimeUnit.SECONDS);
        Mounts.await(
                "an agent serves again",
                () ->
                        Files.exists(serving)
                                && holder.children().anyMatch(next -> next.pid() != agent.pid()));
        return (System.nanoTime() - start) / 1_000_000;
    }

    @Test
    void allSumsAreRightHoweverOftenTheAgentIsKilled() throws Exception {
        Map<String, String> expected = new TreeMap<>();
        for (int d = 0; d < 4; d++) {
            long parent = rig.metadata.directory(ScriptedMetadata.ROOT, "d" + d);
            for (int f = 0; f < 25; f++) {
                int length = f == 0 ? 12_000_000 : 20_000 + 9_001 * f;
                long seed = 100L * d + f;
                if (f % 2 == 0) {
                    rig.localFile(parent, "f" + f, length, seed);
                } else {
                    rig.remoteFile(parent, "f" + f, length, seed);
                }
                expected.put(
                        rig.mountPoint + "/d" + d + "/f" + f,
                        HexFormat.of()
                                .formatHex(
                                        MessageDigest.getInstance("MD5")
                                                .digest(AgentRig.content(length, seed))));
            }
        }
        mount();
        long random = System.nanoTime();
        System.out.println("seed " + random);
        Random moments = new Random(random);
        SumReader reader = new SumReader(rig.mountPoint, expected);
        Thread reading = Thread.ofPlatform().start(reader);
        List<Long> takeovers = new ArrayList<>();
        for (int i = 0; i < KILLS; i++) {
            long before = reader.passes();
            takeovers.add(kill());
            Thread.sleep(moments.nextInt(50, 1200));
            if (i % 4 == 3) {
                Mounts.await("sums are read between kills", () -> reader.passes() > before);
            }
        }
        reader.finish();
        reading.join();
        assertEquals(List.of(), reader.wrong(), rig::errors);
        System.out.printf(
                "kills=%d sums=%d longest-gap-millis=%d median-takeover-millis=%d%n",
                KILLS,
                reader.sums(),
                reader.longestGapMillis(),
                takeovers.stream().sorted().toList().get(KILLS / 2));
        assertEquals(0, rig.terminated(holder), rig::errors);
        assertFalse(Mounts.isMounted(rig.mountPoint));
        assertFalse(Files.exists(directory.resolve("state")), "the state was left behind");
    }

    @Test
    void whatIsOpenIsReadOnAfterTheKill() throws Exception {
        FileSource local = rig.localFile(ScriptedMetadata.ROOT, "local", 3_000_000, 1);
        rig.remoteFile(ScriptedMetadata.ROOT, "remote", 3_000_000, 2);
        rig.localFile(ScriptedMetadata.ROOT, "other", 1_000_000, 3);
        mount();
        try (FileChannel one = FileChannel.open(rig.mountPoint.resolve("local"));
                FileChannel two = FileChannel.open(rig.mountPoint.resolve("remote"))) {
            assertSame(AgentRig.content(3_000_000, 1), one, 0, 100_000);
            assertSame(AgentRig.content(3_000_000, 2), two, 0, 100_000);
            kill();
            kill();
            assertSame(AgentRig.content(3_000_000, 1), one, 2_000_000, 1_000_000);
            assertSame(AgentRig.content(3_000_000, 2), two, 2_000_000, 1_000_000);
            // Opened once more while it is open: the kernel takes no other backing file.
            try (FileChannel again = FileChannel.open(rig.mountPoint.resolve("local"))) {
                assertSame(AgentRig.content(3_000_000, 1), again, 0, 3_000_000);
            }
            Mounts.await(
                    "the successor holds the file that it did not open",
                    () -> stats().contains("\"passthrough_files\":1"));
            Files.delete(rig.cached(local));
            assertSame(AgentRig.content(3_000_000, 1), one, 1_000_000, 1_000_000);
        }
        Mounts.await(
                "it lets go with the last close",
                () -> stats().contains("\"passthrough_files\":0"));
        assertTrue(stats().contains("\"restarts\":2"), this::stats);
        assertTrue(stats().contains("\"supervised\":true"), this::stats);
        try (FileChannel other = FileChannel.open(rig.mountPoint.resolve("other"))) {
            assertSame(AgentRig.content(1_000_000, 3), other, 0, 1_000_000);
        }
        assertEquals(0, rig.terminated(holder), rig::errors);
    }

    @Test
    void aListingGoesOnAfterTheKill() throws Exception {
        long parent = rig.metadata.directory(ScriptedMetadata.ROOT, "many");
        for (int i = 0; i < 3000; i++) {
            rig.metadata.file(
                    parent,
                    String.format("f%05d", i),
                    new FileSource(ScriptedMetadata.MOUNT_ID, "many/" + i, "v", 10));
        }
        mount();
        List<String> names = new ArrayList<>();
        try (var entries = Files.newDirectoryStream(rig.mountPoint.resolve("many"))) {
            for (Path entry : entries) {
                names.add(entry.getFileName().toString());
                if (names.size() == 700) {
                    kill();
                }
            }
        }
        assertEquals(3000, names.stream().distinct().count());
        assertEquals(3000, names.size());
        assertEquals(0, rig.terminated(holder), rig::errors);
    }

    @Test
    void whatChangedWhileNobodyWatchedIsSeen() throws Exception {
        rig.localFile(ScriptedMetadata.ROOT, "a", 1000, 1);
        mount();
        assertEquals(1000, Files.size(rig.mountPoint.resolve("a")));
        ProcessHandle agent = agent();
        agent.destroyForcibly();
        agent.onExit().get(10, TimeUnit.SECONDS);
        rig.localFile(ScriptedMetadata.ROOT, "a", 2000, 2);
        Mounts.await("the new file is seen", () -> size("a") == 2000);
        assertEquals(0, rig.terminated(holder), rig::errors);
    }

    @Test
    void stateOfAnotherFormIsMountedAnew() throws Exception {
        rig.localFile(ScriptedMetadata.ROOT, "a", 1000, 1);
        mount();
        assertEquals(1000, Files.size(rig.mountPoint.resolve("a")));
        Files.writeString(directory.resolve("state/connection"), "millrace-connection-99 0 auto\n");
        kill();
        Mounts.await("the mount is there again", () -> size("a") == 1000);
        assertTrue(rig.errors().contains("is of another form than"), rig::errors);
        assertEquals(0, rig.terminated(holder), rig::errors);
        assertFalse(Mounts.isMounted(rig.mountPoint));
    }

    @Test
    void anUnmountByOthersEndsAgentAndHolder() throws Exception {
        mount();
        assertEquals(0, rig.run("umount", "-l", rig.mountPoint.toString()).waitFor(), rig::errors);
        assertTrue(holder.waitFor(60, TimeUnit.SECONDS), "the holder stayed");
        assertFalse(Mounts.isMounted(rig.mountPoint));
    }

    private String stats() {
        try {
            return Files.readString(stats);
        } catch (IOException e) {
            return "";
        }
    }

    private long size(String name) {
        try {
            return Files.size(rig.mountPoint.resolve(name));
        } catch (IOException e) {
            return -1;
        }
    }

    private static void assertSame(byte[] whole, FileChannel file, int from, int length)
            throws IOException {
        ByteBuffer read = ByteBuffer.allocate(length);
        while (read.hasRemaining() && file.read(read, from + read.position()) > 0) {}
        assertEquals(ByteBuffer.wrap(whole, from, length), read.flip());
    }
}
