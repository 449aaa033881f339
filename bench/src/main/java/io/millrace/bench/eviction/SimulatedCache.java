package io.millrace.bench.eviction;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.millrace.cache.eviction.CacheClass;
import io.millrace.cache.eviction.Eviction;
import io.millrace.cache.eviction.EvictionKind;
import java.util.BitSet;
import java.util.Random;

/** A cache of which only the choice of files is real. */
interface SimulatedCache {

    /** Reads a file, which is cached then if the policy has it so; says whether it was there. */
    boolean read(int group, int file);

    /** Of files of one size by the policies of the workers. */
    static SimulatedCache of(EvictionKind kind, int capacity) {
        return new OfEviction(new Eviction(kind, capacity, _ -> 1), capacity);
    }

    /** W-TinyLFU, as Caffeine has it. */
    static SimulatedCache tinyLfu(int capacity) {
        Cache<Integer, Boolean> cache =
                Caffeine.newBuilder().maximumSize(capacity).executor(Runnable::run).build();
        return (_, file) -> {
            if (cache.getIfPresent(file) != null) {
                return true;
            }
            cache.put(file, true);
            return false;
        };
    }

    /** The share of hits among the reads of {@code trace} that count. */
    static double hitRate(SimulatedCache cache, Trace trace, int files, long seed) {
        Count count = new Count(cache);
        trace.replay(new Random(seed), files, count);
        return count.hits / (double) count.reads;
    }

    /** Counts the hits of a trace. */
    final class Count implements Trace.Sink {
        private final SimulatedCache cache;
        private boolean counts;
        private long reads;
        private long hits;

        private Count(SimulatedCache cache) {
            this.cache = cache;
        }

        @Override
        public void warmUp() {
            counts = false;
        }

        @Override
        public void measure() {
            counts = true;
        }

        @Override
        public void read(int group, int file) {
            boolean hit = cache.read(group, file);
            if (counts) {
                reads++;
                hits += hit ? 1 : 0;
            }
        }
    }

    /** Files are their own numbers. */
    final class OfEviction implements SimulatedCache {
        private final Eviction eviction;
        private final int capacity;
        private final BitSet resident = new BitSet();
        private int used;

        private OfEviction(Eviction eviction, int capacity) {
            this.eviction = eviction;
            this.capacity = capacity;
        }

        @Override
        public boolean read(int group, int file) {
            if (resident.get(file)) {
                eviction.access(file);
                return true;
            }
            CacheClass as = new CacheClass(null, group, 0, CacheClass.Protection.EVICTABLE);
            if (used == capacity && !makeRoom(as)) {
                return false;
            }
            resident.set(file);
            used++;
            eviction.admit(file, identity(file), as);
            return false;
        }

        private boolean makeRoom(CacheClass as) {
            int[] victims = eviction.victims(as, 1, _ -> 1);
            for (int victim : victims) {
                eviction.evict(victim, identity(victim));
                resident.clear(victim);
                used--;
            }
            return victims.length > 0;
        }

        /** Spread as the hashes of real versions are. */
        private static long identity(int file) {
            return (file + 1) * 0x9e3779b97f4a7c15L >>> 7;
        }
    }
}
