package io.millrace.agent.fuse.jnr;

import io.millrace.agent.fuse.FuseBinding;
import io.millrace.agent.fuse.FuseFileSystem;
import io.millrace.agent.fuse.FuseMount;
import io.millrace.agent.fuse.FuseOptions;
import io.millrace.agent.fuse.MountDirectory;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Mounts by libfuse2 or macFUSE. */
public final class JnrFuseBinding implements FuseBinding {

    @Override
    public String name() {
        return "jnr";
    }

    @Override
    public Path check(FuseOptions options) {
        switch (options.readPolicy()) {
            case AUTO, DIRECT -> {}
            case PASSTHROUGH, NO_OPEN ->
                    throw new MillraceException(
                            ErrorCode.INVALID_ARGUMENT,
                            "--read-policy "
                                    + options.readPolicy()
                                    + " needs --binding direct: libfuse2 knows only direct");
        }
        return directory(options);
    }

    @Override
    public FuseMount mount(FuseFileSystem fileSystem, FuseOptions options) {
        JnrMount mount = new JnrMount(check(options), new PathFileSystem(fileSystem));
        try {
            mount.start(mountOptions(options));
        } catch (RuntimeException e) {
            mount.unmount(Duration.ZERO);
            throw e;
        }
        return mount;
    }

    private static Path directory(FuseOptions options) {
        Path path = MountDirectory.require(options.mountPoint());
        Path parent = path.getParent();
        try {
            FileStore here = Files.getFileStore(path);
            if (parent == null || !here.equals(Files.getFileStore(parent))) {
                throw MountDirectory.inUse(path, here.type());
            }
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.CONFLICT, "mount point " + path + " does not answer: unmount it", e);
        }
        MountDirectory.requireRoom(path, options.occupied());
        return path;
    }

    /**
     * Names and attributes are asked each time, and bytes go past the page cache: to libfuse a path
     * is one file, whatever version lies there, so the kernel would mix what it keeps of two.
     */
    private static String[] mountOptions(FuseOptions options) {
        List<String> result =
                new ArrayList<>(
                        List.of(
                                "ro",
                                "default_permissions",
                                "use_ino",
                                "direct_io",
                                "attr_timeout=0",
                                "entry_timeout=0",
                                "negative_timeout=0"));
        result.add("fsname=" + options.source().replace("\\", "\\\\").replace(",", "\\,"));
        if (options.access() == FuseOptions.Access.ALL_USERS) {
            result.add("allow_other");
        }
        if (!isMac()) {
            result.add("subtype=millrace");
            if (options.occupied() == FuseOptions.Occupied.HIDE_CONTENT) {
                result.add("nonempty");
            }
        }
        return new String[] {"-o", String.join(",", result)};
    }

    static boolean isMac() {
        return System.getProperty("os.name", "").startsWith("Mac");
    }
}
