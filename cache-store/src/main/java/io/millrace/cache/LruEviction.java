package io.millrace.cache;

import io.millrace.model.FileVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.ToLongFunction;

/** Least recently used first. */
final class LruEviction implements EvictionPolicy {

    /** Oldest first. */
    private final LinkedHashMap<FileVersion, FileVersion> order = new LinkedHashMap<>();

    @Override
    public void admit(FileVersion file) {
        order.putIfAbsent(file, file);
    }

    @Override
    public void restore(FileVersion file) {
        if (!order.containsKey(file)) {
            order.putFirst(file, file);
        }
    }

    @Override
    public void access(FileVersion file) {
        if (order.containsKey(file)) {
            order.putLast(file, file);
        }
    }

    @Override
    public void remove(FileVersion file) {
        order.remove(file);
    }

    @Override
    public List<FileVersion> victims(long bytes, ToLongFunction<FileVersion> evictable) {
        List<FileVersion> victims = new ArrayList<>();
        long freed = 0;
        for (FileVersion candidate : order.sequencedKeySet()) {
            if (freed >= bytes) {
                break;
            }
            long bytesOfIt = evictable.applyAsLong(candidate);
            if (bytesOfIt > 0) {
                victims.add(candidate);
                freed += bytesOfIt;
            }
        }
        return victims;
    }
}
