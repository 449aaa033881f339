package io.millrace.metadata.namespace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.metadata.MemoryBucket;
import io.millrace.metadata.TestClock;
import io.millrace.metadata.TestDatabase;
import io.millrace.metadata.TestReplica;
import io.millrace.metadata.changes.Change;
import io.millrace.metadata.changes.ChangeFeed;
import io.millrace.model.EntryName;
import io.millrace.model.NamespacePath;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * A bucket changes at random, also while it is listed, and its keys collide and misbehave; after
 * max-age the namespace must be what the rules of docs/semantics.md make of the keys.
 */
class NamespaceModelTest {

    private static final int ROUNDS = 25;
    private static final List<String> NAMES =
            List.of("a", "a-b", "a.b", "ab", "b", "é", "\uD83D\uDE00", "\uFFEE", "z");
    private static final List<String> BAD = List.of("", ".", "..", "x\u0001", "n".repeat(256));

    private final MemoryBucket bucket = new MemoryBucket();
    private final TestClock clock = new TestClock();

    @Test
    void afterMaxAgeTheNamespaceIsWhatTheKeysSay() throws Exception {
        long seed = Long.getLong("millrace.test.seed", System.nanoTime());
        System.out.println("NamespaceModelTest: -Dmillrace.test.seed=" + seed);
        Random random = new Random(seed);
        TestDatabase shared = new TestDatabase();
        try (TestReplica replica =
                new TestReplica(shared, _ -> bucket, clock, TestReplica.LIMITS)) {
            replica.mount("/m", "s3://bucket/");
            Map<String, String> before = new HashMap<>();
            for (int round = 0; round < ROUNDS; round++) {
                int changes = random.nextInt(20);
                for (int i = 0; i < changes; i++) {
                    mutate(random);
                }
                bucket.pageKeys(1 + random.nextInt(5));
                if (random.nextInt(3) == 0) {
                    Random during = new Random(random.nextLong());
                    bucket.beforeList(() -> mutate(during));
                    clock.advance(TestReplica.MAX_AGE);
                    replica.walk("/m", 3);
                    bucket.beforeList(() -> {});
                }
                clock.advance(TestReplica.MAX_AGE);
                long at = replica.feed.last();
                Map<String, String> after = check(replica, random);
                checkChangesWereTold(replica, before, after, at);
                before = after;
                replica.reapAll();
                checkNothingIsLeftOver(replica);
            }
        }
    }

    private void mutate(Random random) {
        String key = key(random);
        if (random.nextInt(3) == 0) {
            bucket.delete(key);
            return;
        }
        if (random.nextInt(6) == 0) {
            // A whole directory goes.
            bucket.objects().keySet().removeIf(known -> known.startsWith(key + "/"));
            return;
        }
        bucket.put(key, random.nextInt(3));
    }

    private static String key(Random random) {
        StringBuilder key = new StringBuilder();
        int depth = 1 + random.nextInt(3);
        for (int i = 0; i < depth; i++) {
            if (i > 0) {
                key.append('/');
            }
            boolean bad = random.nextInt(12) == 0;
            List<String> from = bad ? BAD : NAMES;
            key.append(from.get(random.nextInt(from.size())));
        }
        if (random.nextInt(8) == 0) {
            key.append('/');
        }
        return key.isEmpty() ? "a" : key.toString();
    }

    /** What the rules make of the keys under one prefix. */
    private record Expected(
            TreeMap<String, String> files, TreeSet<String> directories, TreeSet<String> hidden) {}

    private Expected expected(String prefix) {
        Expected expected =
                new Expected(
                        new TreeMap<>(EntryName::compare),
                        new TreeSet<>(EntryName::compare),
                        new TreeSet<>());
        bucket.objects()
                .forEach((key, object) -> {
                    if (key.startsWith(prefix)) {
                        sort(expected, prefix, key, object.objectVersion());
                        if (key.equals(prefix) && object.length() > 0) {
                            expected.hidden.add(key);
                        }
                    }
                });
        for (String directory : expected.directories) {
            if (expected.files.remove(directory) != null) {
                expected.hidden.add(prefix + directory);
            }
        }
        return expected;
    }

    private static void sort(Expected expected, String prefix, String key, String version) {
        String rest = key.substring(prefix.length());
        int slash = rest.indexOf('/');
        String name = slash < 0 ? rest : rest.substring(0, slash);
        if (rest.isEmpty()) {
            return;
        }
        if (EntryName.problem(name).isPresent()) {
            expected.hidden.add(slash < 0 ? key : prefix + name + "/");
        } else if (slash < 0) {
            expected.files.put(name, version);
        } else {
            expected.directories.add(name);
        }
    }

    /** Compares everything; answers entries by (directory id, name). */
    private Map<String, String> check(TestReplica replica, Random random) {
        Map<String, String> seen = new HashMap<>();
        Set<String> hidden = new TreeSet<>();
        Set<String> walked = new HashSet<>();
        check(replica, NamespacePath.parse("/m"), "", random, seen, hidden, walked);
        Set<String> shown = new TreeSet<>();
        hidden.forEach(key -> shown.add(new ListedEntries.HiddenKey(key, "").shown()));
        Set<String> listed = new TreeSet<>();
        replica.reapAll();
        replica.namespace
                .hiddenKeys(Optional.of(NamespacePath.parse("/m")), "", 10_000)
                .keys()
                .forEach(key -> listed.add(key.key()));
        assertEquals(shown, listed);
        assertEquals(
                walked,
                new HashSet<>(
                        replica.walk("/m", 1 + random.nextInt(7)).stream()
                                .map(file -> file.source().key())
                                .toList()));
        return seen;
    }

    private void check(
            TestReplica replica,
            NamespacePath path,
            String prefix,
            Random random,
            Map<String, String> seen,
            Set<String> hidden,
            Set<String> walked) {
        Expected expected = expected(prefix);
        List<Inode> entries = replica.entries(path.toString(), 1 + random.nextInt(6));
        TreeSet<String> names = new TreeSet<>(EntryName::compare);
        names.addAll(expected.files.keySet());
        names.addAll(expected.directories);
        assertEquals(List.copyOf(names), entries.stream().map(Inode::name).toList(), prefix);
        hidden.addAll(expected.hidden);
        for (Inode entry : entries) {
            NamespacePath at = path.child(entry.name());
            switch (entry) {
                case Inode.File file -> {
                    assertEquals(expected.files.get(file.name()), file.source().objectVersion());
                    walked.add(file.source().key());
                    seen.put(
                            file.parentId() + "/" + file.name(),
                            file.id() + "@" + file.source().objectVersion());
                }
                case Inode.Directory directory -> {
                    assertTrue(expected.directories.contains(directory.name()));
                    seen.put(directory.parentId() + "/" + directory.name(), "" + directory.id());
                    check(
                            replica,
                            at,
                            prefix + directory.name() + "/",
                            random,
                            seen,
                            hidden,
                            walked);
                }
            }
            assertEquals(entry.id(), replica.inode(at.toString()).id());
        }
    }

    /** Each name that differs in a directory that was known before and still is must be told. */
    private static void checkChangesWereTold(
            TestReplica replica, Map<String, String> before, Map<String, String> after, long at)
            throws InterruptedException {
        replica.feed.poll();
        Set<String> told = new HashSet<>();
        long position = at;
        while (replica.feed.after(position, 100, Duration.ZERO)
                        instanceof ChangeFeed.Next.Changes(List<Change.Logged> changes)
                && !changes.isEmpty()) {
            for (Change.Logged logged : changes) {
                assertEquals(position + 1, logged.sequence());
                position = logged.sequence();
                if (logged.change() instanceof Change.Name name) {
                    told.add(name.parentId() + "/" + name.name());
                }
            }
        }
        Set<String> directories = parents(before);
        directories.retainAll(parents(after));
        Set<String> keys = new HashSet<>(before.keySet());
        keys.addAll(after.keySet());
        for (String key : keys) {
            String old = before.getOrDefault(key, "");
            if (directories.contains(key.substring(0, key.indexOf('/')))
                    && !old.equals(after.getOrDefault(key, ""))) {
                assertTrue(told.contains(key), key + " changed and was not told");
            }
        }
    }

    private static Set<String> parents(Map<String, String> known) {
        Set<String> parents = new HashSet<>();
        known.keySet().forEach(key -> parents.add(key.substring(0, key.indexOf('/'))));
        return parents;
    }

    private static void checkNothingIsLeftOver(TestReplica replica) {
        assertEquals(
                0,
                TestDatabase.number(
                        replica.database,
                        """
                        SELECT count(*) FROM metadata.inode i WHERE i.id <> 1 AND NOT EXISTS (
                            SELECT 1 FROM metadata.inode p WHERE p.id = i.parent_id AND p.kind = 2)
                        """));
        assertEquals(
                0,
                TestDatabase.number(
                        replica.database,
                        """
                        SELECT count(*) FROM metadata.hidden_key h WHERE NOT EXISTS (
                            SELECT 1 FROM metadata.inode p WHERE p.id = h.directory_id)
                        """));
    }
}
