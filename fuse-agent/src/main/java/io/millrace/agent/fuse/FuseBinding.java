package io.millrace.agent.fuse;

import java.nio.file.Path;

/** A way to mount a {@link FuseFileSystem}. */
public interface FuseBinding {

    /** As {@code --binding} has it. */
    String name();

    /**
     * Fails as {@link #mount} would for a mount point, an option or a host that allows no mount,
     * before anything else is started.
     *
     * @return the mount point without links
     */
    Path check(FuseOptions options);

    /**
     * Mounts, and returns when the kernel has accepted it: from then on the file system is called.
     *
     * @throws io.millrace.model.MillraceException INVALID_ARGUMENT or CONFLICT when the mount point
     *     cannot be one, PERMISSION_DENIED or UNAVAILABLE when the host allows no mount; nothing is
     *     mounted then
     */
    FuseMount mount(FuseFileSystem fileSystem, FuseOptions options);
}
