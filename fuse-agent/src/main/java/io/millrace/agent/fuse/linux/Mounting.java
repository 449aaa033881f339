package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.FuseOptions;
import java.nio.file.Path;

/** Who calls mount(2) and umount2(2): this process, or a helper that may. */
sealed interface Mounting permits MountBySystemCall, MountByFusermount {

    /** The way that is open to this process. */
    static Mounting ofThisProcess() {
        return Privileges.effective().mayMount()
                ? new MountBySystemCall()
                : new MountByFusermount();
    }

    /**
     * Fails as {@link #mount} would on a host that allows no mount, and mounts nothing.
     *
     * @throws io.millrace.model.MillraceException PERMISSION_DENIED, UNAVAILABLE
     */
    void check();

    /**
     * Mounts.
     *
     * @param path of the directory, without links
     * @return the open {@code /dev/fuse} through which it is served
     * @throws io.millrace.model.MillraceException PERMISSION_DENIED, UNAVAILABLE; nothing is
     *     mounted then
     */
    int mount(Path path, FuseOptions options);

    /**
     * Unmounts what is in nobody's use.
     *
     * @return 0; -EBUSY: it is in use; else the negative errno
     */
    int unmount(Path path);

    /**
     * Takes the mount away from whoever uses it.
     *
     * @return 0, or the negative errno
     */
    int detach(Path path);
}
