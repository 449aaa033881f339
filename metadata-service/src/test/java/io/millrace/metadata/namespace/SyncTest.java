package io.millrace.metadata.namespace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.metadata.MemoryBucket;
import io.millrace.metadata.TestClock;
import io.millrace.metadata.TestDatabase;
import io.millrace.metadata.TestReplica;
import io.millrace.metadata.namespace.Walk.Differences;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bringing the namespace up to the bucket, and what is told of it. */
class SyncTest {

    private static final Differences NOTHING = new Differences(0, 0, 0);

    private final MemoryBucket bucket = new MemoryBucket();
    private TestReplica replica;

    /** A mount that is never listed again by itself. */
    @BeforeEach
    void start() {
        replica =
                new TestReplica(
                        new TestDatabase(), _ -> bucket, new TestClock(), TestReplica.LIMITS);
        for (String key : List.of("a", "d/b", "d/c", "d/e/f", "d/e/g", "h/i")) {
            bucket.put(key, 1);
        }
        replica.mountImmutable("/m", "s3://bucket/");
    }

    @AfterEach
    void stop() {
        replica.close();
    }

    private long begin(String path) {
        return replica.namespace.beginSync(NamespacePath.parse(path));
    }

    private Differences sync(String path) {
        return replica.sync(path, begin(path), 2).differences();
    }

    private List<String> paths() {
        return replica.walk("/m", 100).stream().map(file -> file.path().toString()).toList();
    }

    @Test
    void whatWasNeverListedIsNew() {
        assertEquals(new Differences(6, 0, 0), sync("/m"));
        assertEquals(NOTHING, sync("/m"));
    }

    @Test
    void whatIsNewChangedAndDeletedIsCountedAndShown() {
        replica.walk("/m", 100);
        bucket.put("new", 1);
        bucket.put("d/n/m", 1);
        bucket.put("d/b", 2);
        bucket.delete("a");
        bucket.delete("d/e/f");
        assertEquals(6, paths().size());

        assertEquals(new Differences(2, 1, 2), sync("/m"));

        assertEquals(
                List.of("/m/d/b", "/m/d/c", "/m/d/e/g", "/m/d/n/m", "/m/h/i", "/m/new"), paths());
        assertEquals(NOTHING, sync("/m"));
    }

    @Test
    void filesOfDirectoriesThatAreGoneAreDeleted() {
        replica.walk("/m", 100);
        for (String key : List.of("d/b", "d/c", "d/e/f", "d/e/g")) {
            bucket.delete(key);
        }

        assertEquals(new Differences(0, 0, 4), sync("/m"));
        assertEquals(List.of("/m/a", "/m/h/i"), paths());
    }

    @Test
    void onlyWhatLiesBelowThePathIsListed() {
        replica.walk("/m", 100);
        bucket.put("d/new", 1);
        bucket.put("h/new", 1);

        assertEquals(new Differences(1, 0, 0), sync("/m/d"));
        assertEquals(7, paths().size());
    }

    @Test
    void aPageThatIsAskedForAgainTellsTheSame() {
        replica.walk("/m", 100);
        bucket.put("new", 1);
        bucket.delete("h/i");
        long since = begin("/m");

        Differences first = replica.sync("/m", since, 1).differences();
        Differences again = replica.sync("/m", since, 3).differences();

        assertEquals(new Differences(1, 0, 1), first);
        assertEquals(first, again);
    }

    @Test
    void whatOthersFoundMeanwhileIsToldToo() {
        replica.walk("/m", 100);
        bucket.put("new", 1);
        long since = begin("/m");

        assertEquals(new Differences(1, 0, 0), sync("/m"));

        long lists = bucket.lists();
        assertEquals(new Differences(1, 0, 0), replica.sync("/m", since, 100).differences());
        assertEquals(lists, bucket.lists(), "listed already");
    }

    @Test
    void aDirectoryThatIsNewIsFoundThough() {
        replica.walk("/m", 100);
        bucket.put("fresh/deep/x", 1);

        assertEquals(new Differences(1, 0, 0), sync("/m/fresh"));
        assertTrue(paths().contains("/m/fresh/deep/x"), paths().toString());
    }

    @Test
    void whatIsNotThereOrAFileIsRefused() {
        replica.walk("/m", 100);
        bucket.delete("h/i");

        assertEquals(ErrorCode.NOT_FOUND, refusal("/m/h"));
        assertEquals(ErrorCode.NOT_FOUND, refusal("/none"));
        assertEquals(ErrorCode.NOT_A_DIRECTORY, refusal("/m/d/b"));
    }

    private ErrorCode refusal(String path) {
        return assertThrows(MillraceException.class, () -> begin(path)).code();
    }

    /** What was known does not do. */
    @Test
    void aBucketThatDoesNotAnswerFailsIt() {
        replica.walk("/m", 100);
        long since = begin("/m");
        bucket.beforeList(() -> {
            throw new MillraceException(ErrorCode.UNAVAILABLE, "the bucket is away");
        });

        assertThrows(MillraceException.class, () -> replica.sync("/m", since, 100));
        assertEquals(6, paths().size());
    }

    @Test
    void allMountsAreSyncedFromTheRoot() {
        replica.walk("/m", 100);
        bucket.put("new", 1);

        assertEquals(new Differences(1, 0, 0), sync("/"));
    }

    @Test
    void deletionsAreForgotten() {
        replica.walk("/m", 100);
        bucket.delete("a");
        long since = begin("/m");
        assertEquals(new Differences(0, 0, 1), replica.sync("/m", since, 100).differences());

        replica.namespace.pruneDeletions(Duration.ofHours(1), 100);
        assertEquals(new Differences(0, 0, 1), replica.sync("/m", since, 100).differences());
        replica.namespace.pruneDeletions(Duration.ofMillis(-1_000), 100);
        assertEquals(NOTHING, replica.sync("/m", since, 100).differences());
    }
}
