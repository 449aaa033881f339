package io.millrace.understore.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The sorted names of a directory's entries, those of directories with a {@code /} behind them: so
 * they sort as the keys below them do.
 *
 * <p>A page of a listing needs all names sorted. The last few directories are remembered as long as
 * their modification time stands, so that a directory of n entries is not read anew for each of its
 * pages. A lock guards that memory and is not held while reading.
 */
final class DirectoryListing {

    /** UTF-8 orders as code points do, UTF-16 does not. */
    static final Comparator<String> BYTE_ORDER =
            (a, b) ->
                    Arrays.compareUnsigned(
                            a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

    private static final int REMEMBERED = 8;
    private static final int MOST_NAMES = 250_000;

    /** Changes within one tick of the file system's clock are not told apart. */
    private static final long SETTLED_MILLIS = 1_000;

    private static final char UNDECODABLE = '\uFFFD';

    private final Map<Path, Names> memory =
            new LinkedHashMap<>(REMEMBERED, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Path, Names> eldest) {
                    return size() > REMEMBERED;
                }
            };

    private record Names(FileTime modified, List<String> sorted) {}

    /** Empty when there is no such directory. */
    List<String> names(Path directory) throws IOException {
        FileTime modified;
        try {
            modified = Files.getLastModifiedTime(directory, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            return List.of();
        }
        Names known = remembered(directory);
        if (known != null && known.modified().equals(modified)) {
            return known.sorted();
        }
        boolean settled = System.currentTimeMillis() - modified.toMillis() > SETTLED_MILLIS;
        List<String> sorted = read(directory);
        if (settled && sorted.size() <= MOST_NAMES) {
            remember(directory, new Names(modified, sorted));
        }
        return sorted;
    }

    private @Nullable Names remembered(Path directory) {
        synchronized (memory) {
            return memory.get(directory);
        }
    }

    private void remember(Path directory, Names names) {
        synchronized (memory) {
            memory.put(directory, names);
        }
    }

    private static List<String> read(Path directory) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (name.indexOf(UNDECODABLE) < 0) {
                    add(names, entry, name);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (java.nio.file.DirectoryIteratorException e) {
            throw e.getCause();
        }
        names.sort(BYTE_ORDER);
        return List.copyOf(names);
    }

    private static void add(List<String> names, Path entry, String name) throws IOException {
        BasicFileAttributes attributes;
        try {
            attributes =
                    Files.readAttributes(
                            entry, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            return;
        }
        if (attributes.isDirectory()) {
            names.add(name + "/");
        } else if (attributes.isRegularFile() || attributes.isSymbolicLink()) {
            names.add(name);
        }
    }
}
