package io.millrace.metadata;

import io.millrace.model.ByteRange;
import io.millrace.model.EntryName;
import io.millrace.model.ObjectAttributes;
import io.millrace.understore.ListPage;
import io.millrace.understore.ObjectStatus;
import io.millrace.understore.UnderStore;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A bucket that can hold every key S3 can: {@code a} beside {@code a/b}, {@code //}, control
 * characters. Lists as S3 does, in pages as small as a test wants.
 */
public final class MemoryBucket implements UnderStore {

    private final NavigableMap<String, ObjectStatus> objects =
            new ConcurrentSkipListMap<>(EntryName::compare);
    private final AtomicLong versions = new AtomicLong();
    private final AtomicLong lists = new AtomicLong();
    private volatile int pageKeys = 1_000;
    private final AtomicLong stats = new AtomicLong();
    private volatile Consumer<String> beforeStat = _ -> {};
    private volatile Runnable beforeList = () -> {};

    public void put(String key, long length) {
        objects.put(
                key,
                new ObjectStatus(
                        key,
                        "v" + versions.incrementAndGet(),
                        length,
                        Instant.ofEpochMilli(versions.get())));
    }

    /** Gives the object other metadata and leaves its bytes. */
    public void describe(String key, ObjectAttributes attributes) {
        objects.compute(
                key,
                (_, known) ->
                        new ObjectStatus(
                                key,
                                known == null ? "v0" : known.objectVersion(),
                                known == null ? 0 : known.length(),
                                Instant.ofEpochMilli(versions.incrementAndGet()),
                                attributes));
    }

    public void delete(String key) {
        objects.remove(key);
    }

    public NavigableMap<String, ObjectStatus> objects() {
        return objects;
    }

    public long lists() {
        return lists.get();
    }

    public long stats() {
        return stats.get();
    }

    /** Most keys of a page, however many are asked for. */
    public void pageKeys(int keys) {
        pageKeys = keys;
    }

    /** Runs before each page; may throw. */
    public void beforeList(Runnable action) {
        beforeList = action;
    }

    /** Runs before each object is looked at, with its key; may throw. */
    public void beforeStat(Consumer<String> action) {
        beforeStat = action;
    }

    @Override
    public Optional<ObjectStatus> stat(String key) {
        stats.incrementAndGet();
        beforeStat.accept(key);
        return Optional.ofNullable(objects.get(key));
    }

    @Override
    public ListPage list(String prefix, Depth depth, @Nullable String continuation, int maxKeys) {
        lists.incrementAndGet();
        beforeList.run();
        List<ObjectStatus> found = new ArrayList<>();
        List<String> prefixes = new ArrayList<>();
        int most = Math.min(maxKeys, pageKeys);
        String at = continuation == null ? prefix : continuation;
        boolean inclusive = continuation == null;
        while (true) {
            var next = inclusive ? objects.ceilingEntry(at) : objects.higherEntry(at);
            if (next == null || !next.getKey().startsWith(prefix)) {
                return new ListPage(found, prefixes, null);
            }
            if (found.size() + prefixes.size() == most) {
                return new ListPage(found, prefixes, at);
            }
            String key = next.getKey();
            int slash = depth == Depth.ONE_LEVEL ? key.indexOf('/', prefix.length()) : -1;
            if (slash >= 0) {
                String common = key.substring(0, slash + 1);
                prefixes.add(common);
                at = common + Character.toString(0x10ffff).repeat(300);
            } else {
                found.add(next.getValue().withAttributes(ObjectAttributes.NONE));
                at = key;
            }
            inclusive = false;
        }
    }

    @Override
    public InputStream read(String key, String objectVersion, ByteRange range) {
        throw new UnsupportedOperationException("the namespace reads no bytes");
    }

    @Override
    public void close() {}
}
