package io.millrace.agent.fuse;

/** A way to mount a {@link FuseFileSystem}. */
public interface FuseBinding {

    /**
     * Mounts, and returns when the kernel has accepted it: from then on the file system is called.
     *
     * @throws io.millrace.model.MillraceException INVALID_ARGUMENT or CONFLICT when the mount point
     *     cannot be one, PERMISSION_DENIED or UNAVAILABLE when the host allows no mount; nothing is
     *     mounted then
     */
    FuseMount mount(FuseFileSystem fileSystem, FuseOptions options);
}
