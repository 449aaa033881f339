package io.millrace.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.WorkerId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A cache directory held for writing: its lock, its worker's name, and what may be believed of what
 * is in it.
 */
final class CacheDirectory implements AutoCloseable {

    private final CacheLayout layout;
    private final FileChannel lockFile;
    private final UUID boot;
    private final long epoch;
    private final boolean keepsAttributes;

    private CacheDirectory(
            CacheLayout layout,
            FileChannel lockFile,
            UUID boot,
            long epoch,
            boolean keepsAttributes) {
        this.layout = layout;
        this.lockFile = lockFile;
        this.boot = boot;
        this.epoch = epoch;
        this.keepsAttributes = keepsAttributes;
    }

    /**
     * Takes the directory, making it when it is not there.
     *
     * @throws MillraceException CONFLICT when another process has it, IO_ERROR or PERMISSION_DENIED
     *     when it cannot be written
     */
    static CacheDirectory take(Path directory, SyncPolicy sync) {
        CacheLayout layout = new CacheLayout(directory);
        FileChannel lockFile = null;
        try {
            Files.createDirectories(directory);
            lockFile = lock(layout);
            UUID boot = BootId.current();
            boolean clean = boot.toString().equals(content(layout.clean()));
            Files.deleteIfExists(layout.clean());
            long epoch = epoch(layout, clean);
            String unsynced = content(layout.unsynced());
            if (unsynced != null && !unsynced.equals(boot.toString())) {
                setAside(layout);
                Files.delete(layout.unsynced());
            }
            if (sync == SyncPolicy.NEVER) {
                replace(layout.unsynced(), boot.toString());
            }
            Files.createDirectories(layout.files());
            syncDirectory(directory);
            // Not tried on the lock file: closing it anywhere in a process ends the lock.
            boolean keepsAttributes = ChecksumAttribute.areKept(layout.epoch());
            return new CacheDirectory(layout, lockFile, boot, epoch, keepsAttributes);
        } catch (IOException e) {
            CacheReaders.closeQuietly(lockFile);
            throw new MillraceException(
                    e instanceof java.nio.file.AccessDeniedException
                            ? ErrorCode.PERMISSION_DENIED
                            : ErrorCode.IO_ERROR,
                    "cache directory "
                            + directory
                            + " cannot be written: "
                            + reason(e)
                            + "; choose another one by millrace.worker.cache-directories",
                    e);
        } catch (RuntimeException e) {
            CacheReaders.closeQuietly(lockFile);
            throw e;
        }
    }

    CacheLayout layout() {
        return layout;
    }

    UUID boot() {
        return boot;
    }

    /** Grows with each opening after an unclean stop. */
    long epoch() {
        return epoch;
    }

    /** Whether the file system keeps extended attributes. */
    boolean keepsAttributes() {
        return keepsAttributes;
    }

    WorkerId workerId(Optional<WorkerId> wanted) {
        try {
            String kept = content(layout.workerId());
            if (wanted.isEmpty() && kept != null && !kept.isEmpty()) {
                return new WorkerId(kept);
            }
            WorkerId id =
                    wanted.orElseGet(() ->
                            new WorkerId("w-" + UUID.randomUUID().toString().substring(0, 8)));
            if (!id.value().equals(kept)) {
                replace(layout.workerId(), id.value());
            }
            return id;
        } catch (IOException | IllegalArgumentException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR,
                    "the worker's id in "
                            + layout.workerId()
                            + " cannot be used: "
                            + e.getMessage(),
                    e);
        }
    }

    /** Directories of other layouts, and caches set aside after a power loss, as full paths. */
    List<Path> foreign(boolean setAside) throws IOException {
        try (Stream<Path> children = Files.list(layout.directory())) {
            return children.filter(Files::isDirectory)
                    .filter(child -> {
                        String name = child.getFileName().toString();
                        return setAside
                                ? name.startsWith("lost-")
                                : name.matches("v\\d+") && !name.equals(CacheLayout.VERSION);
                    })
                    .toList();
        }
    }

    /** How far the scrubber was; empty: it has not begun. */
    String scrubPosition() throws IOException {
        String kept = content(layout.scrub());
        return kept == null ? "" : kept;
    }

    void keepScrubPosition(String position) throws IOException {
        replace(layout.scrub(), position);
    }

    /** Says that all that was written is as it was meant to be. */
    void markClean() throws IOException {
        replace(layout.clean(), boot.toString());
    }

    /** Gives the directory up. */
    @Override
    public void close() {
        CacheReaders.closeQuietly(lockFile);
    }

    private static FileChannel lock(CacheLayout layout) throws IOException {
        FileChannel channel =
                FileChannel.open(
                        layout.lock(),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
        try {
            FileLock lock;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                lock = null;
            }
            if (lock == null) {
                String holder = content(layout.lock());
                throw new MillraceException(
                        ErrorCode.CONFLICT,
                        "cache directory "
                                + layout.directory()
                                + " is already in use"
                                + (holder == null || holder.isEmpty()
                                        ? ""
                                        : " by process " + holder)
                                + "; give this worker another one by"
                                + " millrace.worker.cache-directories");
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(UTF_8)),
                    0);
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static long epoch(CacheLayout layout, boolean clean) throws IOException {
        String kept = content(layout.epoch());
        long epoch = 0;
        if (kept != null) {
            try {
                epoch = Long.parseLong(kept);
            } catch (NumberFormatException e) {
                epoch = System.currentTimeMillis();
            }
        }
        if (!clean) {
            epoch++;
            replace(layout.epoch(), Long.toString(epoch));
        }
        return epoch;
    }

    private static void setAside(CacheLayout layout) throws IOException {
        if (Files.isDirectory(layout.files())) {
            Files.move(layout.files(), layout.directory().resolve("lost-" + UUID.randomUUID()));
        }
    }

    private static @Nullable String content(Path file) throws IOException {
        try {
            return Files.readString(file).stripTrailing();
        } catch (NoSuchFileException e) {
            return null;
        } catch (java.nio.charset.CharacterCodingException e) {
            return "";
        }
    }

    private static void replace(Path file, String content) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".tmp");
        try (FileChannel channel =
                FileChannel.open(
                        next,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap((content + "\n").getBytes(UTF_8)));
            channel.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static String reason(IOException e) {
        return e instanceof java.nio.file.AccessDeniedException
                ? "permission denied"
                : e instanceof java.nio.file.FileAlreadyExistsException
                        ? "it is a file"
                        : String.valueOf(e.getMessage());
    }
}
