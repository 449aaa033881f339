package io.millrace.testkit.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The commands that people use on directories, on a mount. */
@SuppressWarnings("NullAway.Init")
class CommandsOnMountIT {

    private static final DataSet DATA = DataSet.of(13, 6, 300, 1, 90_000, 1, 9 << 20);
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private static TestCluster cluster;
    private static Path data;
    private static Path scratch;

    @BeforeAll
    static void start() throws Exception {
        MountPossible.assume();
        cluster = TestCluster.start(settings -> settings);
        cluster.bucket().putAll(DATA, "set/");
        cluster.addMount("/data", "set/", options -> options.setBlockBytes(2 << 20));
        data = cluster.mount().resolve("data");
        scratch = Files.createTempDirectory("millrace-scratch-");
        Files.writeString(scratch.resolve("sums"), DATA.md5Lines());
    }

    @AfterAll
    static void stop() throws Exception {
        if (scratch != null) {
            try (Stream<Path> all = Files.walk(scratch)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void md5sumFindsEveryByteRight() throws Exception {
        run(data, "md5sum", "--quiet", "--check", scratch.resolve("sums").toString());
    }

    @Test
    void findSeesEveryFileOnceWithItsSize() throws Exception {
        List<String> found =
                run(data, "find", ".", "-type", "f", "-printf", "%P %s\\n")
                        .lines()
                        .sorted()
                        .toList();

        List<String> expected =
                DATA.lengths().entrySet().stream()
                        .map(file -> file.getKey() + " " + file.getValue())
                        .sorted()
                        .toList();
        assertEquals(expected, found);
    }

    @Test
    void cpCopiesTheTree() throws Exception {
        Path copy = scratch.resolve("copy");
        run(data, "cp", "-r", ".", copy.toString());

        run(copy, "md5sum", "--quiet", "--check", scratch.resolve("sums").toString());
    }

    @Test
    void tarPacksTheTree() throws Exception {
        Path unpacked = Files.createDirectory(scratch.resolve("unpacked"));
        run(data, "sh", "-c", "tar cf - . | tar xf - -C " + unpacked);

        run(unpacked, "md5sum", "--quiet", "--check", scratch.resolve("sums").toString());
    }

    @Test
    void duAddsUpWhatIsThere() throws Exception {
        String total = run(data, "du", "-sb", "--apparent-size", ".").split("\\s")[0];

        assertTrue(Long.parseLong(total) >= DATA.bytes(), total);
    }

    @Test
    void aRandomReadInTheMiddleOfAShardIsRight() throws Exception {
        byte[] shard = DATA.content("shards/shard-000.tar");
        String read =
                run(
                        data,
                        "sh",
                        "-c",
                        "dd if=shards/shard-000.tar bs=1 skip=5000001 count=64 2>/dev/null | od -An -v"
                                + " -tx1 | tr -d ' \\n'");

        assertEquals(java.util.HexFormat.of().formatHex(shard, 5_000_001, 5_000_065), read);
    }

    @Test
    void whatIsNotThereIsNotThere() throws Exception {
        Shell.Outcome outcome = Shell.run(data, LIMIT, "cat", "no-such-file");

        assertEquals("cat: no-such-file: No such file or directory\n", outcome.err());
    }

    @Test
    void writesAreRefusedAsOnAReadOnlyDisk() throws Exception {
        for (String command :
                List.of(
                        "touch new",
                        "mkdir new",
                        "rm shards/shard-000.tar",
                        "mv shards new",
                        "sh -c 'echo x > new'",
                        "truncate -s 0 shards/shard-000.tar",
                        "ln -s a new")) {
            Shell.Outcome outcome = Shell.run(data, LIMIT, "sh", "-c", command);

            assertNotEquals(0, outcome.exit(), command);
            assertTrue(
                    outcome.err().contains("Read-only file system"),
                    command + ": " + outcome.err());
        }
    }

    private static String run(Path directory, String... command) throws InterruptedException {
        return Shell.run(directory, LIMIT, command).expectSuccess();
    }
}
