package io.millrace.cache;

import io.millrace.model.FileVersion;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Goes through the cached files, one directory at a time, and deletes what is none. */
final class CacheWalk {

    /**
     * A file that has a name on disk.
     *
     * @param onlyComplete whether it has no other names than a complete file has
     */
    record Found(FileVersion version, boolean onlyComplete) {}

    private final CacheLayout layout;
    private final BooleanSupplier stopped;

    CacheWalk(CacheLayout layout, BooleanSupplier stopped) {
        this.layout = layout;
        this.stopped = stopped;
    }

    /** Tells each file that has a name on disk, once. */
    void run(Consumer<Found> found) throws IOException {
        for (Path outer : children(layout.files())) {
            if (!isDirectory(outer)) {
                Files.deleteIfExists(outer);
                continue;
            }
            for (Path inner : children(outer)) {
                if (stopped.getAsBoolean()) {
                    return;
                }
                if (isDirectory(inner)) {
                    runDirectory(inner, found);
                } else {
                    Files.deleteIfExists(inner);
                }
            }
        }
    }

    private void runDirectory(Path directory, Consumer<Found> found) throws IOException {
        Map<FileVersion, Boolean> seen = new LinkedHashMap<>();
        for (Path child : children(directory)) {
            Optional<FileVersion> version = CacheLayout.versionOf(child);
            if (version.isEmpty()) {
                deleteTree(child, stopped);
            } else {
                seen.merge(version.get(), CacheLayout.isOfCompleteFile(child), Boolean::logicalAnd);
            }
        }
        for (Map.Entry<FileVersion, Boolean> file : seen.entrySet()) {
            if (stopped.getAsBoolean()) {
                return;
            }
            found.accept(new Found(file.getKey(), file.getValue()));
        }
    }

    static void deleteTree(Path path, BooleanSupplier stopped) throws IOException {
        if (isDirectory(path)) {
            for (Path child : children(path)) {
                if (stopped.getAsBoolean()) {
                    return;
                }
                deleteTree(child, stopped);
            }
        }
        Files.deleteIfExists(path);
    }

    private static boolean isDirectory(Path path) {
        return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
    }

    /** In the order of their names, so that two walks find the same. */
    private static List<Path> children(Path directory) throws IOException {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            stream.forEach(children::add);
            Collections.sort(children);
        } catch (NoSuchFileException e) {
            return List.of();
        }
        return children;
    }
}
