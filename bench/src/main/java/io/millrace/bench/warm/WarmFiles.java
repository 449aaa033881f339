package io.millrace.bench.warm;

import io.millrace.cache.CacheSettings;
import io.millrace.cache.CacheStore;
import io.millrace.cache.CachedFile;
import io.millrace.cache.SyncPolicy;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteCount;
import io.millrace.model.ByteRange;
import io.millrace.model.FileSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The same files twice on one disk: below {@code local}, and complete in the cache directory {@code
 * cache} as a worker keeps them. Made when they are not there, and left for the next run.
 */
final class WarmFiles {

    private static final int DIRECTORIES = 20;

    private final Path local;
    private final Path cache;
    private final FixedNamespace namespace;
    private final List<String> small = new ArrayList<>();

    WarmFiles(Path root) throws IOException {
        local = root.resolve("local");
        cache = root.resolve("cache");
        namespace = new FixedNamespace(cache);
    }

    Path local() {
        return local;
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
                                cache, capacity, new ByteCount(0), SyncPolicy.NEVER, 64))) {
            for (int d = 0; d < DIRECTORIES; d++) {
                String directory = String.format("class-%02d", d);
                long id = namespace.directory(FixedNamespace.ROOT, directory);
                for (int i = d; i < count; i += DIRECTORIES) {
                    String name = String.format("%06d.jpg", i);
                    small.add(directory + "/" + name);
                    make(store, id, directory, name, bytes);
                }
            }
            long id = namespace.directory(FixedNamespace.ROOT, "large");
            for (int mebibytes : largeMebibytes) {
                make(store, id, "large", Integer.toString(mebibytes), (long) mebibytes << 20);
            }
        }
        namespace.start();
    }

    private void make(CacheStore store, long parent, String directory, String name, long length)
            throws IOException {
        Path file = local.resolve(directory).resolve(name);
        FileSource source = namespace.file(parent, name, directory + "/" + name, length);
        try (CachedFile cached = store.open(source.fileVersion(), length)) {
            boolean there = Files.exists(file) && Files.size(file) == length;
            if (there && cached.isResident(ByteRange.whole(length))) {
                return;
            }
            Files.createDirectories(file.getParent());
            Random random = new Random(source.fileVersion().low());
            byte[] bytes = new byte[BlockLayout.CHUNK_BYTES];
            random.nextBytes(bytes);
            try (FileChannel out =
                    FileChannel.open(
                            file,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.WRITE)) {
                for (int chunk = 0; chunk < BlockLayout.chunks(length); chunk++) {
                    bytes[0] = (byte) chunk;
                    int size = (int) BlockLayout.chunkRange(chunk, length).length();
                    var _ = cached.put(chunk, ByteBuffer.wrap(bytes, 0, size));
                    ByteBuffer content = ByteBuffer.wrap(bytes, 0, size);
                    while (content.hasRemaining()) {
                        var _ = out.write(content);
                    }
                }
            }
        }
    }
}
