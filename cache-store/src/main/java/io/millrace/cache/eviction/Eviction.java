package io.millrace.cache.eviction;

import io.millrace.cache.eviction.EvictionPolicy.Newcomer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToLongFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The eviction of one cache directory: pools of files, each with a policy of its own, and the rule
 * by which one pool makes room for another.
 *
 * <p>Files of one priority share a pool when they go by {@code lru} or {@code s3-fifo}; with {@code
 * epoch} each group has one. A newcomer displaces, in this order,
 *
 * <ol>
 *   <li>files of lower priorities, the lowest first;
 *   <li>files of idle pools of its priority: a quarter of the cache's capacity has been asked for
 *       elsewhere since one of theirs was;
 *   <li>files of the largest pool of its priority, while that has more bytes than its own. So pools
 *       in use come to equal shares, or less where one needs less, and stay there;
 *   <li>files of its own pool, as its policy says.
 * </ol>
 *
 * Files found at the start belong to no group yet; in an epoch pool they give way only by the first
 * two rules, so that they are still there when the epochs go on. Pinned files are in no pool.
 *
 * <p>Files are numbers, small ones and used again. Calls need a lock of the caller's around them.
 */
public final class Eviction {

    /** So a data set that is loaded has room before it comes to its share, if the other is done. */
    private static final int IDLE_SHARE = 4;

    /** Of a file's bytes, those that one opening counts for reading: a chunk of a large one. */
    private static final long MOST_BYTES_OF_ACCESS = 1L << 20;

    private record PoolKey(EvictionKind kind, int priority, long group) {}

    private static final class Pool {
        private final PoolKey key;
        private final EvictionPolicy policy;
        private long usedAt;

        private Pool(PoolKey key, EvictionPolicy policy) {
            this.key = key;
            this.policy = policy;
        }
    }

    private final EvictionKind standard;
    private final long capacity;
    private final IntToLongFunction sizeOf;
    private final FileLists lists;
    private final Map<PoolKey, Pool> pools = new HashMap<>();
    private final Map<EvictionPolicy, Pool> poolOf = new HashMap<>();

    /** Bytes opened, stored or refused so far. */
    private long clock;

    /**
     * @param standard for files whose class names no policy
     * @param capacity of the cache, in bytes
     * @param sizeOf bytes of a file that is known here
     */
    public Eviction(EvictionKind standard, long capacity, IntToLongFunction sizeOf) {
        this.standard = standard;
        this.capacity = capacity;
        this.sizeOf = sizeOf;
        this.lists = new FileLists(sizeOf);
    }

    /**
     * A file has become resident, in part or whole.
     *
     * @param identity of its version, equal when the same bytes come back
     */
    public void admit(int file, long identity, CacheClass as) {
        if (!as.isPinned()) {
            Pool pool = pool(as);
            pool.policy.admit(file, identity);
            use(pool, sizeOf.applyAsLong(file));
        }
    }

    /** A file was found on disk at the start: used longer ago than any that was admitted. */
    public void restore(int file) {
        pool(CacheClass.DEFAULT).policy.restore(file);
    }

    /** A file was opened. */
    public void access(int file) {
        Pool pool = poolOf(file);
        if (pool != null) {
            pool.policy.access(file);
            use(pool, Math.min(MOST_BYTES_OF_ACCESS, sizeOf.applyAsLong(file)));
        }
    }

    /** A file has {@code change} bytes more, or fewer; its size is the new one already. */
    public void resized(int file, long change) {
        Pool pool = poolOf(file);
        if (pool != null) {
            pool.policy.resized(file, change);
            use(pool, Math.max(0, change));
        }
    }

    /** A file was opened as of another class than it had. */
    public void classify(int file, long identity, CacheClass as) {
        Pool before = poolOf(file);
        if (as.isPinned() ? before != null : before == null || !before.key.equals(key(as))) {
            remove(file);
            admit(file, identity, as);
            if (before != null) {
                before.usedAt = clock;
            }
        }
    }

    /** A file is gone, not for room. */
    public void remove(int file) {
        Pool pool = poolOf(file);
        if (pool != null) {
            pool.policy.remove(file);
            closeIfEmpty(pool);
        }
    }

    /** A file is gone to make room. */
    public void evict(int file, long identity) {
        Pool pool = poolOf(file);
        if (pool != null) {
            pool.policy.evict(file, identity);
            closeIfEmpty(pool);
        }
    }

    /**
     * Admission: whether a file that is not resident may displace others when the cache is full.
     * Then {@link #victims} finds some, unless all are in use.
     */
    public boolean mayDisplace(CacheClass newcomer) {
        PoolKey key = key(newcomer);
        Pool own = pools.get(key);
        return pools.values().stream().anyMatch(pool -> givesWay(pool, key, 0))
                || (own != null && own.policy.admitsWhenFull());
    }

    /**
     * Files to drop for a newcomer, best first, that together free {@code bytes}; fewer when it may
     * displace no more.
     *
     * @param evictable bytes that dropping a file frees now; 0: it cannot be dropped
     */
    public int[] victims(CacheClass newcomer, long bytes, IntToLongFunction evictable) {
        Victims victims = new Victims(bytes, evictable);
        PoolKey key = key(newcomer);
        for (Pool pool : inOrder(pool -> givesWay(pool, key, bytes))) {
            pool.policy.offer(victims, Newcomer.OTHER);
        }
        Pool own = pools.get(key);
        if (own != null) {
            use(own, bytes);
            own.policy.offer(victims, Newcomer.OWN);
        }
        return victims.files();
    }

    /** Files to drop because the cache holds {@code bytes} too many, for whatever newcomer. */
    public int[] excess(long bytes, IntToLongFunction evictable) {
        Victims victims = new Victims(bytes, evictable);
        for (Pool pool : inOrder(_ -> true)) {
            pool.policy.offer(victims, Newcomer.OTHER);
        }
        return victims.files();
    }

    private boolean givesWay(Pool pool, PoolKey newcomer, long bytes) {
        if (pool.key.equals(newcomer) || pool.policy.isEmpty()) {
            return false;
        }
        if (pool.key.priority() != newcomer.priority()) {
            return pool.key.priority() < newcomer.priority();
        }
        if (isIdle(pool)) {
            return true;
        }
        Pool own = pools.get(newcomer);
        long ownBytes = own == null ? 0 : own.policy.bytes();
        boolean waitsForItsGroup =
                pool.key.kind() == EvictionKind.EPOCH
                        && pool.key.group() == CacheClass.UNKNOWN_GROUP;
        return !waitsForItsGroup && pool.policy.bytes() > ownBytes + bytes;
    }

    private boolean isIdle(Pool pool) {
        return clock - pool.usedAt > capacity / IDLE_SHARE;
    }

    /** Lowest priority first; then idle pools, the longest idle first; then the largest. */
    private List<Pool> inOrder(Predicate<Pool> which) {
        List<Pool> order = new ArrayList<>(pools.values());
        order.removeIf(which.negate());
        order.sort(
                Comparator.comparingInt((Pool pool) -> pool.key.priority())
                        .thenComparingLong(pool -> isIdle(pool) ? pool.usedAt : Long.MAX_VALUE)
                        .thenComparingLong(pool -> -pool.policy.bytes()));
        return order;
    }

    private void use(Pool pool, long bytes) {
        clock += bytes;
        pool.usedAt = clock;
    }

    private PoolKey key(CacheClass of) {
        EvictionKind kind = of.policy() == null ? standard : of.policy();
        return new PoolKey(kind, of.priority(), kind == EvictionKind.EPOCH ? of.group() : 0);
    }

    private Pool pool(CacheClass of) {
        return pools.computeIfAbsent(
                key(of),
                key -> {
                    EvictionPolicy policy =
                            switch (key.kind()) {
                                case LRU -> new LruEviction(lists);
                                case S3_FIFO -> new S3FifoEviction(lists);
                                case EPOCH -> new EpochEviction(lists);
                            };
                    Pool pool = new Pool(key, policy);
                    pool.usedAt = clock;
                    poolOf.put(policy, pool);
                    return pool;
                });
    }

    private @Nullable Pool poolOf(int file) {
        FileLists.FileList list = lists.listOf(file);
        return list == null ? null : poolOf.get(list.owner());
    }

    /** Groups come and go; what the other policies remember is worth keeping. */
    private void closeIfEmpty(Pool pool) {
        if (pool.key.kind() == EvictionKind.EPOCH && pool.policy.isEmpty()) {
            pools.remove(pool.key);
            poolOf.remove(pool.policy);
            pool.policy.close();
        }
    }
}
