package io.millrace.agent.boot;

import io.millrace.agent.fs.FileAttributes;
import io.millrace.agent.fs.MillraceFileSystem;
import io.millrace.agent.fuse.FuseBinding;
import io.millrace.agent.fuse.FuseMount;
import io.millrace.agent.fuse.FuseOptions;
import io.millrace.agent.fuse.ReadPolicy;
import io.millrace.agent.fuse.Reading;
import io.millrace.agent.fuse.linux.LinuxFuseBinding;
import io.millrace.agent.takeover.Supervision;
import io.millrace.client.Cancellation;
import io.millrace.client.ClientSettings;
import io.millrace.client.MillraceClient;
import io.millrace.client.NamespaceEntry;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mount DIR}: mounts, serves until SIGTERM, SIGINT or an unmount, and unmounts. */
@Command(
        name = "mount",
        description = "Mounts a path of the namespace at a directory, until it is stopped.",
        mixinStandardHelpOptions = true)
final class MountCommand implements Callable<Integer> {

    private static final Logger LOG = System.getLogger(MountCommand.class.getName());

    private static final long MAX_ID = 0xFFFF_FFFEL;
    private static final String DIRECT = "direct";
    private static final boolean LINUX = System.getProperty("os.name", "").equals("Linux");

    private final AgentConfig config;
    private final Instance<FuseBinding> others;

    @Parameters(paramLabel = "DIR", description = "An empty directory.")
    private Path directory = Path.of("");

    @Option(
            names = "--metadata-service",
            paramLabel = "HOST:PORT",
            description = "Where metadata-service answers gRPC.")
    private @Nullable String metadataService;

    @Option(
            names = "--path",
            defaultValue = "/",
            description = "The directory of the namespace to show (default: ${DEFAULT-VALUE}).")
    private String path = "/";

    @Option(
            names = "--uid",
            description =
                    "Owner of everything (default: who runs this, and of files what their objects"
                            + " say, where the mount in the namespace has object-attributes).")
    private @Nullable Long uid;

    @Option(
            names = "--gid",
            description = "Group of everything (default: who runs this; of files as --uid).")
    private @Nullable Long gid;

    @Option(
            names = "--file-mode",
            description = "Permissions of files, octal (default: 0444; as --uid).")
    private @Nullable String fileMode;

    @Option(
            names = "--dir-mode",
            defaultValue = "0555",
            description = "Permissions of directories, octal (default: ${DEFAULT-VALUE}).")
    private String directoryMode = "0555";

    @Option(
            names = "--allow-other",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Let all users in, as permissions say (default: they may).")
    private boolean allowOther = true;

    @Option(names = "--non-empty", description = "Mount over a directory that is not empty.")
    private boolean nonEmpty;

    @Option(
            names = "--read-policy",
            defaultValue = "auto",
            paramLabel = "POLICY",
            description =
                    "How files are read: auto, passthrough, no-open or direct (default:"
                            + " auto).")
    private String readPolicy = "auto";

    @Option(
            names = "--binding",
            paramLabel = "BINDING",
            description =
                    "What speaks to the kernel: direct, or jnr by libfuse2 or macFUSE, which is"
                            + " slower (default: direct on Linux, jnr elsewhere).")
    private String binding = LINUX ? DIRECT : "jnr";

    @Option(
            names = "--ready-file",
            paramLabel = "FILE",
            description = "Write pid, mount point and path there, as JSON, when mounted.")
    private @Nullable Path readyFile;

    @Option(
            names = "--stats-file",
            paramLabel = "FILE",
            description = "Write counters there, as JSON, every second.")
    private @Nullable Path statsFile;

    @Option(
            names = "--supervised",
            description =
                    "Keep a holder beside the agent: an agent that dies is replaced, and readers"
                            + " wait instead of failing.")
    private boolean supervised;

    @Option(
            names = "--state-dir",
            paramLabel = "DIR",
            description =
                    "Where a supervised agent writes what the next one needs (default: of its own,"
                            + " in the directory for temporary files).")
    private @Nullable Path stateDirectory;

    @Option(names = "--held", hidden = true, description = "Given by the holder.")
    private @Nullable Path heldState;

    @Option(names = "--restarts", hidden = true, description = "Given by the holder.")
    private int restarts;

    /**
     * @param others bindings beside the direct one, if this build has any
     */
    MountCommand(AgentConfig config, @Any Instance<FuseBinding> others) {
        this.config = config;
        this.others = others;
    }

    @Override
    public Integer call() {
        StopSignal stop = new StopSignal();
        try {
            serve(stop);
            return 0;
        } catch (MillraceException e) {
            LOG.log(Level.DEBUG, "event=mount_failed", e);
            System.err.println("fuse-agent: " + e.getMessage());
            return exitCode(e.code());
        }
    }

    private int exitCode(ErrorCode code) {
        boolean unreadable = code == ErrorCode.CONFLICT || code == ErrorCode.CORRUPT;
        if (restarts > 0 && unreadable) {
            return Holder.CANNOT_TAKE_OVER;
        }
        return switch (code) {
            // Another command line would do.
            case INVALID_ARGUMENT, NOT_FOUND, NOT_A_DIRECTORY -> 2;
            default -> 1;
        };
    }

    private void serve(StopSignal stop) {
        String service = metadataService == null ? config.metadataService() : metadataService;
        NamespacePath root = NamespacePath.parse(path);
        FileAttributes look = look();
        FuseOptions options =
                FuseOptions.at(directory).toBuilder()
                        .access(
                                allowOther
                                        ? FuseOptions.Access.ALL_USERS
                                        : FuseOptions.Access.OWNER)
                        .occupied(
                                nonEmpty
                                        ? FuseOptions.Occupied.HIDE_CONTENT
                                        : FuseOptions.Occupied.REFUSE)
                        .readers(AgentSettings.readers(config))
                        .waitingReads(AgentSettings.waitingReads(config))
                        .readAheadBytes(AgentSettings.kernelReadAhead(config))
                        .readPolicy(ReadPolicy.parse("--read-policy", readPolicy))
                        .build();
        ClientSettings settings =
                AgentSettings.client(config, service, "agent " + ProcessHandle.current().pid());
        int nodeLimit = AgentSettings.cachedNodes(config);
        Supervision supervision =
                heldState == null ? null : new Supervision(Holder.DEVICE, heldState, restarts);
        FuseBinding mounts =
                supervision == null ? binding() : LinuxFuseBinding.supervised(supervision);
        // Whoever is held comes to a mount point that was checked, and may be mounted already.
        Path mountPoint = supervision == null ? mounts.check(options) : directory;
        if (supervised && supervision == null) {
            throw becomeHolder(mounts, mountPoint);
        }
        try (MillraceClient client = MillraceClient.connect(settings, config.connectTimeout())) {
            NamespaceEntry entry = client.namespace().resolve(root, new Cancellation());
            MillraceFileSystem fileSystem =
                    supervision == null
                            ? new MillraceFileSystem(client, entry, look, nodeLimit)
                            : MillraceFileSystem.supervised(
                                    client, entry, look, nodeLimit, supervision);
            FuseMount mount =
                    mounts.mount(fileSystem, options.toBuilder().backing(backing(client)).build());
            // It never fails, so what is mounted is unmounted.
            try (CrashCleanup _ =
                    supervision == null ? CrashCleanup.of(mountPoint) : CrashCleanup.none()) {
                serve(stop, root, mounts, client, fileSystem, mount, supervision);
            }
        }
    }

    private void serve(
            StopSignal stop,
            NamespacePath root,
            FuseBinding used,
            MillraceClient client,
            MillraceFileSystem fileSystem,
            FuseMount mount,
            @Nullable Supervision supervision) {
        try {
            fileSystem.follow(mount);
            stop.endsWith(mount);
            try (var _ = StatsFile.start(statsFile, used, client, fileSystem, mount, supervision)) {
                if (supervision != null) {
                    supervision.serving();
                }
                ready(root, used, mount.reading());
                stop.await();
            }
        } finally {
            mount.unmount(config.unmountGrace());
        }
    }

    /** What was given on the command line holds for all files; the rest is for their objects. */
    private FileAttributes look() {
        Set<FileAttributes.Part> given = EnumSet.noneOf(FileAttributes.Part.class);
        if (uid != null) {
            given.add(FileAttributes.Part.UID);
        }
        if (gid != null) {
            given.add(FileAttributes.Part.GID);
        }
        if (fileMode != null) {
            given.add(FileAttributes.Part.FILE_PERMISSIONS);
        }
        return new FileAttributes(
                uid == null ? ProcessOwner.uid() : id("--uid", uid),
                gid == null ? ProcessOwner.gid() : id("--gid", gid),
                permissions("--file-mode", fileMode == null ? "0444" : fileMode),
                permissions("--dir-mode", directoryMode),
                given);
    }

    /** Returns only when it fails. */
    private MillraceException becomeHolder(FuseBinding mounts, Path mountPoint) {
        if (!(mounts instanceof LinuxFuseBinding linux)) {
            return new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "--supervised needs --binding direct: no other keeps a mount without its agent");
        }
        if (!linux.maySupervise()) {
            return new MillraceException(
                    ErrorCode.PERMISSION_DENIED,
                    "--supervised needs root or CAP_SYS_ADMIN: fusermount3 opens the device for one"
                            + " process only");
        }
        Path state =
                stateDirectory == null
                        ? Path.of(
                                System.getProperty("java.io.tmpdir"),
                                "millrace-agent-" + ProcessHandle.current().pid())
                        : stateDirectory;
        return Holder.become(mountPoint, state.toAbsolutePath());
    }

    private FuseBinding binding() {
        if (binding.equals(DIRECT)) {
            return new LinuxFuseBinding();
        }
        return others.stream()
                .filter(other -> other.name().equals(binding))
                .findFirst()
                .orElseThrow(() ->
                        new MillraceException(
                                ErrorCode.INVALID_ARGUMENT,
                                "--binding is '"
                                        + binding
                                        + "': it must be "
                                        + DIRECT
                                        + others.stream()
                                                .map(other -> " or " + other.name())
                                                .collect(Collectors.joining())));
    }

    private FuseOptions.Backing backing(MillraceClient client) {
        return binding.equals(DIRECT)
                ? LinuxFuseBinding.backing(client.localDirectories())
                : FuseOptions.Backing.PLAIN;
    }

    private void ready(NamespacePath root, FuseBinding used, Reading reading) {
        long pid = ProcessHandle.current().pid();
        Path at = directory.toAbsolutePath().normalize();
        if (readyFile != null) {
            JsonLine content =
                    new JsonLine()
                            .put("pid", pid)
                            .put("mountpoint", at.toString())
                            .put("path", root.toString())
                            .put("binding", used.name())
                            .put("readPolicy", reading.policy().toString())
                            .put("readPolicyReason", reading.reason());
            try {
                Files.writeString(readyFile, content.encode());
            } catch (IOException e) {
                throw new MillraceException(
                        ErrorCode.INVALID_ARGUMENT,
                        "--ready-file " + readyFile + " cannot be written",
                        e);
            }
        }
        System.out.println(
                "mounted path="
                        + root
                        + " at="
                        + at
                        + " pid="
                        + pid
                        + " read-policy="
                        + reading.policy()
                        + (restarts > 0 ? " restarts=" + restarts : ""));
        System.out.flush();
    }

    /** The kernel's ids are unsigned, and its last one says that there is none. */
    private static int id(String option, long value) {
        if (value < 0 || value > MAX_ID) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    option
                            + " is "
                            + value
                            + ": it must be 0 to "
                            + MAX_ID
                            + "; leave it out for who runs the agent");
        }
        return (int) value;
    }

    private static int permissions(String option, String octal) {
        if (!octal.matches("0?[0-7]{3}")) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    option + " is '" + octal + "': it must be three octal digits, as 0444");
        }
        return Integer.parseInt(octal, 8);
    }
}
