package io.millrace.block.residency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.block.known.Directory;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DirectoryFoldTest {

    private static final long ROOMY = 1 << 20;

    private static Directory at(String path) {
        return new Directory(1, path);
    }

    private static Sum of(long bytes) {
        return new Sum(1, bytes, 1, false);
    }

    private static Sum folded(long files, long bytes) {
        return new Sum(files, bytes, files, true);
    }

    @Test
    void fewDirectoriesStayAsTheyAre() {
        Map<Directory, Sum> sums = Map.of(at("a/b"), of(1), at("a"), of(2), at(""), of(3));

        assertEquals(sums, DirectoryFold.fold(sums, 3, ROOMY));
    }

    @Test
    void theDeepestAndSmallestAreAddedToTheDirectoryTheyLieIn() {
        Map<Directory, Sum> sums =
                Map.of(
                        at("a/x/1"), of(5),
                        at("a/x/2"), of(6),
                        at("a/x/3"), of(100),
                        at("b"), of(1));

        assertEquals(
                Map.of(
                        at("a/x"), folded(2, 11),
                        at("a/x/3"), of(100),
                        at("b"), of(1)),
                DirectoryFold.fold(sums, 3, ROOMY));
    }

    @Test
    void theRootOfAMountTakesTheLast() {
        Map<Directory, Sum> sums = Map.of(at("a/b/c"), of(1), at("d"), of(2));

        assertEquals(Map.of(at(""), folded(2, 3)), DirectoryFold.fold(sums, 1, ROOMY));
    }

    @Test
    void longPathsAreFoldedToFitTheMessage() {
        Map<Directory, Sum> sums = new HashMap<>();
        for (int i = 0; i < 100; i++) {
            sums.put(at("d/" + "n".repeat(900) + i), of(i));
        }

        Map<Directory, Sum> small = DirectoryFold.fold(sums, 1_000, 10_000);

        assertTrue(small.size() < 12, small.size() + " directories");
        assertEquals(4950, small.values().stream().mapToLong(Sum::bytes).sum());
    }

    @Test
    void everyByteIsCountedOnceInItsDirectoryOrOneAboveIt() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            Map<Directory, Sum> sums = new HashMap<>();
            int count = 1 + random.nextInt(60);
            for (int i = 0; i < count; i++) {
                StringBuilder path = new StringBuilder();
                int depth = random.nextInt(5);
                for (int d = 0; d < depth; d++) {
                    path.append(d == 0 ? "" : "/").append((char) ('a' + random.nextInt(3)));
                }
                sums.merge(
                        new Directory(1 + random.nextInt(2), path.toString()),
                        of(random.nextInt(100)),
                        Sum::plus);
            }
            int most = 2 + random.nextInt(20);

            Map<Directory, Sum> small = DirectoryFold.fold(sums, most, ROOMY);

            String where = "seed " + seed + ": " + sums + " -> " + small;
            assertTrue(small.size() <= most, where);
            for (Map.Entry<Directory, Sum> told : small.entrySet()) {
                long below = below(sums, told.getKey());
                assertTrue(below(small, told.getKey()) <= below, where);
                if (!told.getValue().folded()) {
                    assertEquals(sums.get(told.getKey()), told.getValue(), where);
                }
            }
            for (long mount = 1; mount <= 2; mount++) {
                Directory root = new Directory(mount, "");
                assertEquals(below(sums, root), below(small, root), where);
            }
        }
    }

    private static long below(Map<Directory, Sum> sums, Directory top) {
        return sums.entrySet().stream()
                .filter(entry -> isBelow(entry.getKey(), top))
                .mapToLong(entry -> entry.getValue().bytes())
                .sum();
    }

    private static boolean isBelow(Directory directory, Directory top) {
        return directory.mountId() == top.mountId()
                && (top.isRoot()
                        || directory.equals(top)
                        || directory.path().startsWith(top.path() + "/"));
    }
}
