package io.millrace.metadata.namespace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.metadata.MemoryBucket;
import io.millrace.metadata.TestReplica;
import io.millrace.model.EntryName;
import io.millrace.model.NamespacePath;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A bucket whose keys collide and misbehave, and what the rules of docs/semantics.md make of it.
 */
final class NamespaceModel {

    private static final List<String> NAMES =
            List.of("a", "a-b", "a.b", "ab", "b", "é", "\uD83D\uDE00", "\uFFEE", "z");
    private static final List<String> BAD = List.of("", ".", "..", "x\u0001", "n".repeat(256));

    private final MemoryBucket bucket;
    private final String path;

    /**
     * @param path where the bucket is mounted
     */
    NamespaceModel(MemoryBucket bucket, String path) {
        this.bucket = bucket;
        this.path = path;
    }

    /** Changes the bucket; answers the keys that were put, with true, or removed. */
    Map<String, Boolean> mutate(Random random) {
        String key = key(random);
        if (random.nextInt(3) == 0) {
            bucket.delete(key);
            return Map.of(key, false);
        }
        if (random.nextInt(6) == 0) {
            // A whole directory goes.
            Map<String, Boolean> gone = new HashMap<>();
            bucket.objects().keySet().stream()
                    .filter(known -> known.startsWith(key + "/"))
                    .forEach(known -> gone.put(known, false));
            gone.keySet().forEach(bucket::delete);
            return gone;
        }
        bucket.put(key, random.nextInt(3));
        return Map.of(key, true);
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
    Map<String, String> check(TestReplica replica, Random random) {
        Map<String, String> seen = new HashMap<>();
        Set<String> hidden = new TreeSet<>();
        Set<String> walked = new HashSet<>();
        check(replica, NamespacePath.parse(path), "", random, seen, hidden, walked);
        Set<String> shown = new TreeSet<>();
        hidden.forEach(key -> shown.add(new ListedEntries.HiddenKey(key, "").shown()));
        Set<String> listed = new TreeSet<>();
        replica.reapAll();
        replica.namespace
                .hiddenKeys(Optional.of(NamespacePath.parse(path)), "", 10_000)
                .keys()
                .forEach(key -> listed.add(key.key()));
        assertEquals(shown, listed);
        assertEquals(
                walked,
                new HashSet<>(
                        replica.walk(path, 1 + random.nextInt(7)).stream()
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
}
