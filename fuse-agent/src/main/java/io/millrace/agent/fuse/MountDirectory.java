package io.millrace.agent.fuse;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** What a directory must be to be mounted at, whatever mounts. */
public final class MountDirectory {

    private MountDirectory() {}

    /**
     * The directory without links.
     *
     * @throws MillraceException INVALID_ARGUMENT when there is none
     */
    public static Path require(Path path) {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "mount point " + path + " does not exist: create the directory first");
        }
        if (!Files.isDirectory(path)) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "mount point " + path + " is not a directory: name one");
        }
        try {
            return path.toRealPath();
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, "mount point " + path + " cannot be reached", e);
        }
    }

    /**
     * Refuses what something else is mounted at.
     *
     * @param type of the file system there
     */
    public static MillraceException inUse(Path path, String type) {
        return new MillraceException(
                ErrorCode.CONFLICT,
                "mount point " + path + " is in use: " + type + " is mounted there");
    }

    /**
     * @throws MillraceException INVALID_ARGUMENT when it holds something that must not be hidden
     */
    public static void requireRoom(Path path, FuseOptions.Occupied occupied) {
        if (occupied == FuseOptions.Occupied.HIDE_CONTENT) {
            return;
        }
        try (DirectoryStream<Path> content = Files.newDirectoryStream(path)) {
            if (content.iterator().hasNext()) {
                throw new MillraceException(
                        ErrorCode.INVALID_ARGUMENT,
                        "mount point "
                                + path
                                + " is not empty: use an empty directory, or --non-empty to hide"
                                + " what is in it");
            }
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, "mount point " + path + " cannot be listed", e);
        }
    }
}
