package io.millrace.cache.eviction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cache.eviction.CacheClass.Protection;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random files of random sizes and classes beside a model that knows which are there: victims are
 * always files that are there, each once, none pinned, none of a higher priority, and enough of
 * them or all there are; and once all is gone nothing is left.
 */
class EvictionModelTest {

    private static final int FILES = 60;
    private static final int STEPS = 20_000;

    private final long[] sizes = new long[FILES];
    private final @Nullable CacheClass[] classes = new CacheClass[FILES];

    @Test
    void victimsAreWhatMayGo() {
        long seed = Long.getLong("millrace.seed", System.nanoTime());
        System.out.println("EvictionModelTest -Dmillrace.seed=" + seed);
        Random random = new Random(seed);
        Eviction eviction = new Eviction(EvictionKind.EPOCH, 1_000, file -> sizes[file]);
        for (int step = 0; step < STEPS; step++) {
            String context = "seed " + seed + " step " + step;
            int file = random.nextInt(FILES);
            if (classes[file] == null) {
                sizes[file] = 1 + random.nextInt(50);
                if (random.nextInt(8) == 0) {
                    classes[file] = CacheClass.DEFAULT;
                    eviction.restore(file);
                } else {
                    classes[file] = anyClass(random);
                    eviction.admit(file, file * 0x9e3779b97f4a7c15L, classes[file]);
                }
                continue;
            }
            switch (random.nextInt(8)) {
                case 0 -> {
                    eviction.remove(file);
                    classes[file] = null;
                }
                case 1 -> {
                    classes[file] = anyClass(random);
                    eviction.classify(file, file * 0x9e3779b97f4a7c15L, classes[file]);
                }
                case 2 -> {
                    long change = random.nextInt(30);
                    sizes[file] += change;
                    eviction.resized(file, change);
                }
                case 3 -> evict(eviction, random, anyClass(random), context);
                default -> eviction.access(file);
            }
        }
        for (int file = 0; file < FILES; file++) {
            if (classes[file] != null) {
                eviction.remove(file);
            }
        }
        assertEquals(0, eviction.excess(Long.MAX_VALUE, _ -> 1).length, "seed " + seed);
    }

    private void evict(Eviction eviction, Random random, CacheClass newcomer, String context) {
        long wanted = 1 + random.nextInt(200);
        boolean forced = random.nextBoolean();
        int[] victims =
                forced
                        ? eviction.excess(wanted, file -> sizes[file])
                        : eviction.victims(newcomer, wanted, file -> sizes[file]);
        assertEquals(victims.length, Arrays.stream(victims).distinct().count(), context);
        long freed = 0;
        for (int victim : victims) {
            assertTrue(freed < wanted, context + ": more than needed");
            CacheClass of = classes[victim];
            assertTrue(of != null && !of.isPinned(), context + ": " + of);
            assertTrue(forced || of.priority() <= newcomer.priority(), context);
            freed += sizes[victim];
            eviction.evict(victim, victim * 0x9e3779b97f4a7c15L);
            classes[victim] = null;
        }
        if (forced && freed < wanted) {
            for (@Nullable CacheClass left : classes) {
                assertTrue(left == null || left.isPinned(), context + ": " + left);
            }
        }
    }

    private static CacheClass anyClass(Random random) {
        return new CacheClass(
                random.nextBoolean() ? EvictionKind.values()[random.nextInt(3)] : null,
                random.nextInt(4),
                random.nextInt(3),
                random.nextInt(10) == 0 ? Protection.PINNED : Protection.EVICTABLE);
    }
}
