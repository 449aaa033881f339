package io.millrace.bench.warm;

import io.millrace.cache.CacheReader;
import io.millrace.cache.CacheReaders;
import io.millrace.cache.CacheSettings;
import io.millrace.cache.CacheStore;
import io.millrace.cache.CachedFile;
import io.millrace.cache.SyncPolicy;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteCount;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The same files under two names: below {@code local}, and complete in the cache directory {@code
 * cache} as a worker keeps them. Both names are links to one file, so that nothing but the way to
 * it differs. Made when they are not there, and left for the next run.
 */
final class WarmFiles {

    private static final int DIRECTORIES = 20;

    private final Path local;
    private final Path cache;
    private final FixedNamespace namespace;
    private final List<String> small = new ArrayList<>();

    /** Local names that are to be made, and what they are links to. */
    private final Map<Path, Path> missing = new LinkedHashMap<>();

    WarmFiles(Path root) throws IOException {
        local = root.resolve("local");
        cache = root.resolve("cache");
        namespace = new FixedNamespace(cache);
    }

    Path local() {
        return local;
    }

    Path cache() {
        return cache;
    }

    FixedNamespace namespace() {
        return namespace;
    }

    /** Paths of the small files. */
    List<String> small() {
        return small;
    }

    static String large(int mebibytes) {
        return "large/" + mebibytes;
    }

    /** Makes what is not there. */
    void make(int count, int bytes, List<Integer> largeMebibytes) throws IOException {
        ByteCount capacity = new ByteCount(1L << 40);
        try (CacheStore store =
                        CacheStore.open(
                                new CacheSettings(
                                        cache, capacity, new ByteCount(0), SyncPolicy.NEVER, 64));
                CacheReader names = CacheReaders.open(List.of(cache))) {
            for (int d = 0; d < DIRECTORIES; d++) {
                String directory = String.format("class-%02d", d);
                long id = namespace.directory(FixedNamespace.ROOT, directory);
                for (int i = d; i < count; i += DIRECTORIES) {
                    String name = String.format("%06d.jpg", i);
                    small.add(directory + "/" + name);
                    make(store, names, id, directory, name, bytes);
                }
            }
            long id = namespace.directory(FixedNamespace.ROOT, "large");
            for (int mebibytes : largeMebibytes) {
                make(
                        store,
                        names,
                        id,
                        "large",
                        Integer.toString(mebibytes),
                        (long) mebibytes << 20);
            }
        }
        link();
        namespace.start();
    }

    /** Once the store is closed: it names a file anew when it is complete. */
    private void link() throws IOException {
        for (Map.Entry<Path, Path> file : missing.entrySet()) {
            Files.createDirectories(file.getKey().getParent());
            Files.deleteIfExists(file.getKey());
            Files.createLink(file.getKey(), file.getValue());
        }
    }

    private void make(
            CacheStore store,
            CacheReader names,
            long parent,
            String directory,
            String name,
            long length)
            throws IOException {
        Path file = local.resolve(directory).resolve(name);
        FileSource source = namespace.file(parent, name, directory + "/" + name, length);
        FileVersion version = source.fileVersion();
        Path inCache = Path.of(names.names(version).getFirst());
        if (Files.exists(file) && Files.isSameFile(file, inCache)) {
            return;
        }
        try (CachedFile cached = store.open(version, length)) {
            Random random = new Random(version.low());
            byte[] bytes = new byte[BlockLayout.CHUNK_BYTES];
            random.nextBytes(bytes);
            for (int chunk = 0; chunk < BlockLayout.chunks(length); chunk++) {
                bytes[0] = (byte) chunk;
                int size = (int) BlockLayout.chunkRange(chunk, length).length();
                var _ = cached.put(chunk, ByteBuffer.wrap(bytes, 0, size));
            }
        }
        missing.put(file, inCache);
    }
}
