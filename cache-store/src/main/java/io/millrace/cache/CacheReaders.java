package io.millrace.cache;

import io.millrace.model.BlockLayout;
import io.millrace.model.ByteRange;
import io.millrace.model.FileVersion;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;

/**
 * Opens cache directories of workers on this host for reading. Nothing is locked or written, and no
 * directory needs to be there yet.
 *
 * <p>Threads that read must not be interrupted while they do: Java closes the file under them.
 */
public final class CacheReaders {

    private CacheReaders() {}

    /** A reader that looks in each of {@code directories} in turn. */
    public static CacheReader open(List<Path> directories) {
        UUID boot = BootId.current();
        return new DirectoriesReader(
                directories.stream()
                        .map(directory -> new DirectoryReader(directory, boot))
                        .toList());
    }

    private record DirectoriesReader(List<DirectoryReader> readers) implements CacheReader {

        @Override
        public Optional<ResidentFile> open(FileVersion version, long length) {
            List<ResidentFile> parts = new ArrayList<>(readers.size());
            for (DirectoryReader directory : readers) {
                ResidentFile file = directory.open(version, length);
                if (file instanceof Complete) {
                    parts.forEach(ResidentFile::close);
                    return Optional.of(file);
                }
                if (file != null) {
                    parts.add(file);
                }
            }
            return switch (parts.size()) {
                case 0 -> Optional.empty();
                case 1 -> Optional.of(parts.getFirst());
                default -> Optional.of(new JoinedFile(parts, length));
            };
        }

        @Override
        public List<String> names(FileVersion version) {
            List<String> names = new ArrayList<>(readers.size());
            for (DirectoryReader directory : readers) {
                if (directory.trusted || directory.isTrusted()) {
                    names.add(directory.layout.completeName(version));
                }
            }
            return names;
        }

        @Override
        public List<Path> directories() {
            return readers.stream().map(directory -> directory.layout.directory()).toList();
        }

        @Override
        public void close() {}
    }

    private static final class DirectoryReader {

        /** A file may become complete, or be dropped and made again, between two of our calls. */
        private static final int ATTEMPTS = 3;

        private final CacheLayout layout;
        private final UUID boot;
        private volatile boolean trusted;

        DirectoryReader(Path directory, UUID boot) {
            this.layout = new CacheLayout(directory);
            this.boot = boot;
        }

        @Nullable ResidentFile open(FileVersion version, long length) {
            if (!trusted && !isTrusted()) {
                return null;
            }
            try {
                for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                    ResidentFile complete = openComplete(version, length);
                    if (complete != null) {
                        return complete;
                    }
                    if (!layout.part(version).toFile().exists()) {
                        if (layout.complete(version).toFile().exists()) {
                            continue;
                        }
                        return null;
                    }
                    ResidentFile partial = openPartial(version, length);
                    if (partial != null) {
                        return partial;
                    }
                }
            } catch (IOException e) {
                return null;
            }
            return null;
        }

        /** Files that were never synced are worth nothing after another boot. */
        private boolean isTrusted() {
            try {
                trusted = Files.readString(layout.unsynced()).strip().equals(boot.toString());
            } catch (NoSuchFileException e) {
                trusted = Files.isDirectory(layout.files());
            } catch (IOException e) {
                trusted = false;
            }
            return trusted;
        }

        private @Nullable ResidentFile openComplete(FileVersion version, long length)
                throws IOException {
            File file = layout.complete(version).toFile();
            if (file.length() != length || (length == 0 && !file.exists())) {
                return null;
            }
            try {
                return new Complete(
                        FileChannel.open(file.toPath(), StandardOpenOption.READ), length);
            } catch (NoSuchFileException e) {
                return null;
            }
        }

        /**
         * The table is opened first, and asked after the data was: when it has not been dropped by
         * then, the data is the one it speaks of.
         */
        private @Nullable ResidentFile openPartial(FileVersion version, long length)
                throws IOException {
            ChunkSidecar sidecar = null;
            FileChannel data = null;
            try {
                sidecar = ChunkSidecar.openToRead(layout.chunks(version));
                Optional<ChunkSidecar.Header> header = sidecar.header();
                if (header.isPresent()
                        && header.get().version().equals(version)
                        && header.get().length() == length
                        && header.get().boot().equals(boot)) {
                    data = FileChannel.open(layout.part(version), StandardOpenOption.READ);
                    if (!sidecar.isDropped()) {
                        ResidentFile file = new Partial(data, sidecar, length);
                        sidecar = null;
                        data = null;
                        return file;
                    }
                }
                return null;
            } catch (NoSuchFileException e) {
                return null;
            } finally {
                closeQuietly(sidecar);
                closeQuietly(data);
            }
        }
    }

    private record Complete(FileChannel data, long length) implements ResidentFile {

        @Override
        public boolean isComplete() {
            return true;
        }

        @Override
        public boolean isResident(ByteRange range) {
            return range.end() <= length;
        }

        @Override
        public void read(ByteBuffer target, long offset) throws IOException {
            readFully(data, target, offset);
        }

        @Override
        public void close() {
            closeQuietly(data);
        }
    }

    private static final class Partial implements ResidentFile {

        private final FileChannel data;
        private final ChunkSidecar sidecar;
        private final long length;

        /** What was seen to be there; it stays there. */
        private final AtomicIntegerArray seen;

        private volatile boolean complete;

        Partial(FileChannel data, ChunkSidecar sidecar, long length) {
            this.data = data;
            this.sidecar = sidecar;
            this.length = length;
            this.seen = new AtomicIntegerArray((BlockLayout.chunks(length) + 31) / 32);
        }

        @Override
        public boolean isComplete() {
            if (!complete && isResident(ByteRange.whole(length))) {
                complete = true;
            }
            return complete;
        }

        @Override
        public boolean isResident(ByteRange range) {
            if (range.end() > length) {
                return false;
            }
            if (range.isEmpty()) {
                return true;
            }
            int last = BlockLayout.chunkAt(range.end() - 1);
            for (int chunk = BlockLayout.chunkAt(range.offset()); chunk <= last; chunk++) {
                int bit = 1 << (chunk & 31);
                if ((seen.get(chunk >>> 5) & bit) == 0) {
                    try {
                        if (!sidecar.allPresent(chunk, 1)) {
                            return false;
                        }
                    } catch (IOException e) {
                        return false;
                    }
                    seen.accumulateAndGet(chunk >>> 5, bit, (a, b) -> a | b);
                }
            }
            return true;
        }

        @Override
        public void read(ByteBuffer target, long offset) throws IOException {
            readFully(data, target, offset);
        }

        @Override
        public void close() {
            closeQuietly(data);
            closeQuietly(sidecar);
        }
    }

    static void readFully(FileChannel data, ByteBuffer target, long offset) throws IOException {
        long at = offset;
        while (target.hasRemaining()) {
            int read = data.read(target, at);
            if (read < 0) {
                throw new EOFException("a cache file ends at " + at + ": too early");
            }
            at += read;
        }
    }

    static void closeQuietly(@Nullable AutoCloseable resource) {
        if (resource != null) {
            try {
                resource.close();
            } catch (Exception e) {
                // Nothing was written through it that could be lost.
            }
        }
    }
}
