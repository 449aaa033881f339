package io.millrace.cache;

import io.millrace.model.FileVersion;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Goes through the cached files, one directory at a time, and deletes what is none. */
final class CacheWalk {

    private final CacheLayout layout;
    private final BooleanSupplier stopped;

    CacheWalk(CacheLayout layout, BooleanSupplier stopped) {
        this.layout = layout;
        this.stopped = stopped;
    }

    /** Tells each file that has a name on disk, once. */
    void run(Consumer<FileVersion> found) throws IOException {
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

    private void runDirectory(Path directory, Consumer<FileVersion> found) throws IOException {
        Set<FileVersion> seen = new HashSet<>();
        for (Path child : children(directory)) {
            Optional<FileVersion> version = CacheLayout.versionOf(child);
            if (version.isEmpty()) {
                deleteTree(child, stopped);
            } else if (seen.add(version.get())) {
                if (stopped.getAsBoolean()) {
                    return;
                }
                found.accept(version.get());
            }
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
    private static Set<Path> children(Path directory) throws IOException {
        Set<Path> children = new TreeSet<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            stream.forEach(children::add);
        } catch (NoSuchFileException e) {
            return Set.of();
        }
        return children;
    }
}
