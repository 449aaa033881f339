package io.millrace.cache;

import io.millrace.model.FileVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Names in a cache directory.
 *
 * <pre>
 * lock                          held by the one worker that writes
 * worker-id                     that worker's name
 * epoch                         how often the cache was opened after an unclean stop
 * clean                         there after a clean stop: the boot it happened in
 * scrub                         how far the scrubber is, and when its pass began
 * unsynced                      there when files are kept without sync: the boot in which they may be trusted
 * v1/ab/cd/abcd…                complete, immutable
 * v1/ab/cd/abcd….crc            its checksums
 * v1/ab/cd/abcd….part           incomplete: sparse, at the file's own offsets
 * v1/ab/cd/abcd….chunks         which of its chunks are there, and their checksums
 * v1/ab/cd/abcd….copy-7         on its way from another directory of the worker: its seventh copy
 * v1/ab/cd/abcd….sums-7         the checksums of that copy
 * </pre>
 */
final class CacheLayout {

    static final String VERSION = "v1";
    static final String PART = ".part";
    static final String CHUNKS = ".chunks";
    static final String CRC = ".crc";
    private static final String COPY = ".copy-";
    private static final String COPY_CRC = ".sums-";

    private final Path directory;
    private final Path files;
    private final String filesName;

    CacheLayout(Path directory) {
        this.directory = directory;
        this.files = directory.resolve(VERSION);
        this.filesName = files + "/";
    }

    Path directory() {
        return directory;
    }

    /** The root of the cached files. */
    Path files() {
        return files;
    }

    Path complete(FileVersion version) {
        return path(version, "");
    }

    /** {@link #complete} as a string, without the cost of a path. */
    String completeName(FileVersion version) {
        return filesName + inner(version);
    }

    Path part(FileVersion version) {
        return path(version, PART);
    }

    Path chunks(FileVersion version) {
        return path(version, CHUNKS);
    }

    Path crc(FileVersion version) {
        return path(version, CRC);
    }

    /**
     * @param number of the copy: a file that was dropped while it was copied may be copied again
     *     before the first copy has ended
     */
    Path copy(FileVersion version, long number) {
        return path(version, COPY + number);
    }

    Path copyCrc(FileVersion version, long number) {
        return path(version, COPY_CRC + number);
    }

    Path lock() {
        return directory.resolve("lock");
    }

    Path workerId() {
        return directory.resolve("worker-id");
    }

    Path epoch() {
        return directory.resolve("epoch");
    }

    Path clean() {
        return directory.resolve("clean");
    }

    Path scrub() {
        return directory.resolve("scrub");
    }

    Path unsynced() {
        return directory.resolve("unsynced");
    }

    /** The file that a name below {@link #files} belongs to; empty: it belongs to none. */
    static Optional<FileVersion> versionOf(Path path) {
        String name = path.getFileName().toString();
        int dot = name.indexOf('.');
        String hex = dot < 0 ? name : name.substring(0, dot);
        boolean known =
                dot < 0
                        || switch (name.substring(dot)) {
                            case PART, CHUNKS, CRC -> true;
                            default -> false;
                        };
        if (!known || !FileVersion.isFileVersion(hex)) {
            return Optional.empty();
        }
        Path inner = path.getParent();
        Path outer = inner == null ? null : inner.getParent();
        boolean inPlace =
                inner != null
                        && outer != null
                        && outer.getFileName().toString().equals(hex.substring(0, 2))
                        && inner.getFileName().toString().equals(hex.substring(2, 4));
        return inPlace ? Optional.of(FileVersion.parse(hex)) : Optional.empty();
    }

    /** Unlinks whatever a file has here. */
    void delete(FileVersion version) throws IOException {
        Files.deleteIfExists(complete(version));
        Files.deleteIfExists(chunks(version));
        Files.deleteIfExists(part(version));
        Files.deleteIfExists(crc(version));
    }

    /** Whether a name of a file is one that complete files have. */
    static boolean isOfCompleteFile(Path path) {
        String name = path.getFileName().toString();
        return name.length() == FileVersion.HEX_LENGTH || name.endsWith(CRC);
    }

    private Path path(FileVersion version, String suffix) {
        return files.resolve(inner(version) + suffix);
    }

    private static String inner(FileVersion version) {
        String hex = version.toString();
        return hex.substring(0, 2) + "/" + hex.substring(2, 4) + "/" + hex;
    }
}
