package io.millrace.testkit.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Owner, mode and time at a mount, of objects as s3fs and rclone write them. */
@SuppressWarnings("NullAway.Init")
class ObjectAttributesIT {

    private static final Duration MAX_AGE = Duration.ofMillis(300);
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final byte[] CONTENT = "content".getBytes(StandardCharsets.UTF_8);

    private static final Map<String, String> BY_S3FS =
            Map.of(
                    "uid", "65534",
                    "gid", "100",
                    "mode", "33184",
                    "mtime", "1700000000.123456789",
                    "ctime", "1700000001",
                    "atime", "1700000002");
    private static final Map<String, String> BY_RCLONE =
            Map.of(
                    "uid", "4294967294",
                    "gid", "0",
                    "mode", "100755",
                    "mtime", "1600000000.5",
                    "btime", "2020-09-13T12:26:40Z");

    private static TestCluster cluster;
    private static Path data;

    @BeforeAll
    static void start() throws Exception {
        MountPossible.assume();
        cluster = TestCluster.start(settings -> settings);
        cluster.addMount(
                "/data",
                "set/",
                options -> options.setMaxAgeMillis(MAX_AGE.toMillis()).setObjectAttributes(true));
        data = cluster.mount().resolve("data");
    }

    @AfterAll
    static void stop() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void statShowsWhatS3fsWroteUntilTheObjectIsReplaced() throws Exception {
        cluster.bucket().put("set/s3fs", CONTENT, BY_S3FS);
        awaitStat("65534 100 440 1700000000 7", "s3fs");
        assertArrayEquals(CONTENT, Files.readAllBytes(data.resolve("s3fs")));

        cluster.bucket().put("set/s3fs", new byte[9], BY_RCLONE);
        awaitStat("4294967294 0 555 1600000000 9", "s3fs");

        cluster.bucket().put("set/s3fs", new byte[10]);
        awaitStat("0 0 444 [0-9]+ 10", "s3fs");
    }

    @Test
    void statShowsWhatRcloneWrote() throws Exception {
        cluster.bucket().put("set/rclone", CONTENT, BY_RCLONE);

        awaitStat("4294967294 0 555 1600000000 7", "rclone");
    }

    @Test
    void metadataThatChangesAloneIsSeenAndTheBytesStayCached() throws Exception {
        cluster.bucket().put("set/chmod", CONTENT, BY_S3FS);
        awaitStat("65534 100 440 1700000000 7", "chmod");
        Files.readAllBytes(data.resolve("chmod"));
        cluster.relay().forgetRequests();
        Instant first = cluster.bucket().modified("set/chmod");

        // A bucket tells times to the second, and its clock is not quite that of this process.
        do {
            cluster.bucket().put("set/chmod", CONTENT, Map.of("mode", "33024", "mtime", "5"));
        } while (cluster.bucket().modified("set/chmod").equals(first));
        awaitStat("0 0 400 5 7", "chmod");

        assertArrayEquals(CONTENT, Files.readAllBytes(data.resolve("chmod")));
        assertEquals(0, cluster.relay().objectGets());
    }

    @Test
    void whoseFileItIsNotMayNotReadIt() throws Exception {
        cluster.bucket()
                .put(
                        "set/private",
                        CONTENT,
                        Map.of("uid", "65534", "gid", "65534", "mode", "33152"));
        awaitStat("65534 65534 400 [0-9]+ 7", "private");

        Shell.Outcome owner = catAs("65534");
        Shell.Outcome other = catAs("65533");

        assertEquals("content", owner.expectSuccess());
        assertNotEquals(0, other.exit());
        assertTrue(other.err().contains("Permission denied"), other::err);
    }

    /**
     * From where it is: the way to the mount leads through a directory that is closed to others.
     */
    private static Shell.Outcome catAs(String id) throws InterruptedException {
        return Shell.run(
                data,
                LIMIT,
                "setpriv",
                "--reuid=" + id,
                "--regid=" + id,
                "--clear-groups",
                "cat",
                "private");
    }

    @Test
    void aListedDirectoryShowsTheSame() throws Exception {
        cluster.bucket().put("set/listed/a", CONTENT, BY_S3FS);
        cluster.bucket().put("set/listed/b", CONTENT, BY_RCLONE);
        cluster.bucket().put("set/listed/c", CONTENT, Map.of("uid", "root", "mode", "rw-r--r--"));
        awaitStat("65534 100 440 1700000000 7", "listed/a");

        String found =
                Shell.run(
                                data.resolve("listed"),
                                LIMIT,
                                "find",
                                ".",
                                "-type",
                                "f",
                                "-printf",
                                "%P %U %G %m\\n")
                        .expectSuccess();

        assertEquals(
                "a 65534 100 440\nb 4294967294 0 555\nc 0 0 444\n",
                found.lines().sorted().reduce("", (all, line) -> all + line + "\n"));
    }

    private static void awaitStat(String expected, String name) throws InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        String last = "";
        while (System.nanoTime() < end) {
            Shell.Outcome stat = Shell.run(data, LIMIT, "stat", "-c", "%u %g %a %Y %s", name);
            last = stat.exit() == 0 ? stat.out().strip() : stat.err().strip();
            if (last.matches(expected)) {
                return;
            }
            Thread.sleep(50);
        }
        assertEquals(expected, last);
    }
}
