package io.millrace.understore.local;

import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.understore.ExactStream;
import io.millrace.understore.ListPage;
import io.millrace.understore.ObjectStatus;
import io.millrace.understore.UnderStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A directory of this machine. Its objects are the regular files below it, and the symbolic links
 * to such files when they lead to a place below it; links to directories are not followed, and
 * whatever else is there is not shown.
 *
 * <p>The version of a file is its modification time, size and inode. It is checked before a file is
 * opened, after, and after every read from it, so that a file written in place while it is read
 * fails instead of giving bytes of two versions.
 */
final class LocalUnderStore implements UnderStore {

    private static final int MOST_KEYS = 1_000;

    private final Path root;
    private final DirectoryListing directories = new DirectoryListing();

    LocalUnderStore(Path root) {
        this.root = root;
    }

    @Override
    public Optional<ObjectStatus> stat(String key) {
        try {
            Path path = path(key);
            return path == null ? Optional.empty() : status(key, path);
        } catch (IOException e) {
            throw failure(key, e);
        }
    }

    /** Null when no object can be there. */
    private @Nullable Path path(String key) throws IOException {
        if (key.isEmpty() || key.startsWith("/") || key.endsWith("/")) {
            return null;
        }
        for (String name : key.split("/", -1)) {
            if (name.isEmpty() || name.equals(".") || name.equals("..")) {
                return null;
            }
        }
        try {
            Path path = root.resolve(key);
            Path parent = path.getParent();
            return parent != null && isBelowRoot(parent) ? path : null;
        } catch (InvalidPathException e) {
            return null;
        }
    }

    /** Whether {@code directory} is what its path says, without a link on the way. */
    private static boolean isBelowRoot(Path directory) throws IOException {
        try {
            return directory.toRealPath().equals(directory);
        } catch (NoSuchFileException e) {
            return false;
        } catch (AccessDeniedException e) {
            throw e;
        } catch (FileSystemException e) {
            // A component is not a directory, or its name is too long to exist.
            return false;
        }
    }

    private Optional<ObjectStatus> status(String key, Path path) throws IOException {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            if (!attributes.isRegularFile()
                    || (Files.isSymbolicLink(path) && !path.toRealPath().startsWith(root))) {
                return Optional.empty();
            }
            return Optional.of(
                    new ObjectStatus(
                            key,
                            version(attributes),
                            attributes.size(),
                            attributes.lastModifiedTime().toInstant()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (AccessDeniedException e) {
            throw e;
        } catch (FileSystemException e) {
            // A link that leads round in a circle, a name too long, a parent that is a file.
            return Optional.empty();
        }
    }

    private static String version(BasicFileAttributes attributes) {
        return attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS)
                + "-"
                + attributes.size()
                + "-"
                + inode(attributes);
    }

    /** Of the key {@code (dev=...,ino=...)}: device numbers may change with a restart. */
    private static String inode(BasicFileAttributes attributes) {
        String key = String.valueOf(attributes.fileKey());
        int at = key.indexOf("ino=");
        return at < 0 ? "0" : key.substring(at + 4, key.length() - 1);
    }

    @Override
    public ListPage list(String prefix, Depth depth, @Nullable String continuation, int maxKeys) {
        if (maxKeys < 1 || maxKeys > MOST_KEYS) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "page size " + maxKeys + " is not in 1 to " + MOST_KEYS);
        }
        Page page = new Page(prefix, depth, continuation, maxKeys);
        try {
            String folder = prefix.substring(0, prefix.lastIndexOf('/') + 1);
            Path directory = folder.isEmpty() ? root : path(folder + "x");
            if (directory != null) {
                page.collect(folder, folder.isEmpty() ? root : parentOf(directory));
            }
            return page.done();
        } catch (IOException e) {
            throw failure(prefix, e);
        }
    }

    private static Path parentOf(Path path) {
        Path parent = path.getParent();
        if (parent == null) {
            throw new IllegalStateException("no parent: " + path);
        }
        return parent;
    }

    /** One page being filled: walks the tree in key order, and leaves out what was given before. */
    private final class Page {

        private final String prefix;
        private final Depth depth;
        private final @Nullable String after;
        private final int maxKeys;
        private final List<ObjectStatus> objects = new ArrayList<>();
        private final List<String> prefixes = new ArrayList<>();
        private @Nullable String last;
        private boolean truncated;

        Page(String prefix, Depth depth, @Nullable String after, int maxKeys) {
            this.prefix = prefix;
            this.depth = depth;
            this.after = after;
            this.maxKeys = maxKeys;
        }

        /**
         * Entries of {@code directory}, whose key is {@code folder}; stops when the page is full.
         */
        void collect(String folder, Path directory) throws IOException {
            for (String name : directories.names(directory)) {
                String key = folder + name;
                boolean isDirectory = name.endsWith("/");
                if (!isWanted(key, isDirectory)) {
                    continue;
                }
                if (isDirectory && depth == Depth.ALL_LEVELS) {
                    collect(key, directory.resolve(name.substring(0, name.length() - 1)));
                } else {
                    add(key, directory, name, isDirectory);
                }
                if (truncated) {
                    return;
                }
            }
        }

        private boolean isWanted(String key, boolean isDirectory) {
            if (!key.startsWith(prefix)
                    && !(isDirectory && depth == Depth.ALL_LEVELS && prefix.startsWith(key))) {
                return false;
            }
            if (after == null) {
                return true;
            }
            return (isDirectory && depth == Depth.ALL_LEVELS && after.startsWith(key))
                    || DirectoryListing.BYTE_ORDER.compare(key, after) > 0;
        }

        private void add(String key, Path directory, String name, boolean isDirectory)
                throws IOException {
            Optional<ObjectStatus> status =
                    isDirectory ? Optional.empty() : status(key, directory.resolve(name));
            if (!isDirectory && status.isEmpty()) {
                return;
            }
            if (objects.size() + prefixes.size() == maxKeys) {
                truncated = true;
                return;
            }
            status.ifPresentOrElse(objects::add, () -> prefixes.add(key));
            last = key;
        }

        ListPage done() {
            return new ListPage(objects, prefixes, truncated ? last : null);
        }
    }

    @Override
    public InputStream read(String key, String objectVersion, ByteRange range) {
        if (range.isEmpty()) {
            throw new IllegalArgumentException("an empty range of " + describe(key));
        }
        try {
            Path path = path(key);
            if (path == null) {
                throw new NoSuchFileException(key);
            }
            checkVersion(key, path, objectVersion);
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            try {
                boolean inside = range.end() <= channel.size();
                checkVersion(key, path, objectVersion);
                if (!inside) {
                    throw new MillraceException(
                            ErrorCode.RANGE_NOT_SATISFIABLE,
                            "the range " + range + " is not in " + describe(key));
                }
                InputStream in =
                        new VersionedFileStream(
                                channel.position(range.offset()),
                                () -> checkVersion(key, path, objectVersion));
                return new ExactStream(in, describe(key), range, () -> closeQuietly(channel));
            } catch (IOException | RuntimeException e) {
                closeQuietly(channel);
                throw e;
            }
        } catch (IOException e) {
            throw failure(key, e);
        }
    }

    private void checkVersion(String key, Path path, String objectVersion) throws IOException {
        ObjectStatus now =
                status(key, path).orElseThrow(() -> new NoSuchFileException(path.toString()));
        if (!now.objectVersion().equals(objectVersion)) {
            throw new MillraceException(
                    ErrorCode.STALE_VERSION,
                    describe(key) + " is no longer at the version asked for");
        }
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing was written: what was to be read has been, or is given up.
            return;
        }
    }

    private MillraceException failure(String key, IOException e) {
        return switch (e) {
            case NoSuchFileException none ->
                    new MillraceException(ErrorCode.NOT_FOUND, "no object " + describe(key), e);
            case AccessDeniedException denied ->
                    new MillraceException(
                            ErrorCode.PERMISSION_DENIED, "no access to " + describe(key), e);
            default ->
                    new MillraceException(
                            ErrorCode.IO_ERROR, describe(key) + " cannot be read: " + e, e);
        };
    }

    private String describe(String key) {
        return root.resolve("") + "/" + key;
    }

    /** Nothing is held open between calls. */
    @Override
    public void close() {}

    @Override
    public String toString() {
        return root.toUri().toString();
    }
}
