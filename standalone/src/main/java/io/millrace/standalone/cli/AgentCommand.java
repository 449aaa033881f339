package io.millrace.standalone.cli;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.standalone.cluster.AgentMount;
import io.millrace.standalone.cluster.Cluster;
import io.millrace.standalone.cluster.ClusterState;
import io.millrace.standalone.cluster.Part;
import io.millrace.standalone.cluster.PartKind;
import io.millrace.standalone.cluster.PartRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** The agents of this host. */
@Command(
        name = "agent",
        header = "The mounts on this host.",
        synopsisSubcommandLabel = "(mount | umount | ls | status)",
        mixinStandardHelpOptions = true)
final class AgentCommand implements Runnable {

    /** What agents take; asked here, a mistake costs no start. */
    private static final List<String> READ_POLICIES =
            List.of("auto", "passthrough", "no-open", "direct");

    private static final List<String> BINDINGS = List.of("direct", "jnr");

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    MillraceCli root;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which of mount, umount, ls and status?");
    }

    @Command(
            name = "mount",
            header = "Show the namespace under a directory of this host.",
            mixinStandardHelpOptions = true)
    int mount(
            @Parameters(paramLabel = "DIR", description = "Made when missing.") Path directory,
            @Option(
                            names = "--path",
                            defaultValue = "/",
                            description = "The part of the namespace to show (${DEFAULT-VALUE}).")
                    String path,
            @Option(
                            names = "--read-policy",
                            paramLabel = "POLICY",
                            description =
                                    "How files are read: auto (the default), passthrough, no-open"
                                            + " or direct.")
                    @Nullable String readPolicy,
            @Option(
                            names = "--binding",
                            paramLabel = "BINDING",
                            description =
                                    "What speaks to the kernel: direct (the default on Linux) or"
                                            + " jnr, by libfuse2 or macFUSE, which is slower.")
                    @Nullable String binding,
            @Option(
                            names = "--supervised",
                            description =
                                    "Replace an agent that dies: readers wait for the next one"
                                            + " instead of failing.")
                    boolean supervised) {
        String shown = NamespacePath.parse(path).toString();
        requireOneOf(READ_POLICIES, "--read-policy", readPolicy);
        requireOneOf(BINDINGS, "--binding", binding);
        if (Files.exists(directory) && !Files.isDirectory(directory)) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "mount point " + directory + " is not a directory: name one");
        }
        try (Session session = root.session()) {
            if (session.namedMetadataService() == null) {
                session.endpoints();
            }
            Cluster cluster = Cluster.at(session.home(), line -> {});
            AgentMount wanted =
                    new AgentMount(
                            directory.toAbsolutePath().normalize().toString(),
                            shown,
                            session.namedMetadataService(),
                            readPolicy,
                            binding,
                            supervised);
            Part agent;
            try {
                agent = cluster.mount(wanted);
            } catch (MillraceException e) {
                // The agent says in its last line why it does not mount.
                throw new MillraceException(
                        e.code(), e.getMessage().lines().findFirst().orElse(""), e);
            }
            AgentView view = view(session, cluster.state().part(agent.name()).orElseThrow());
            session.print(
                    view,
                    () -> session.out().println(shown + " is mounted at " + view.directory()));
            return ExitCode.OK.code();
        }
    }

    private static void requireOneOf(List<String> all, String option, @Nullable String value) {
        if (value != null && !all.contains(value)) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    option
                            + " is '"
                            + value
                            + "': it must be "
                            + String.join(", ", all.subList(0, all.size() - 1))
                            + " or "
                            + all.getLast());
        }
    }

    @Command(
            name = "umount",
            header = "Take a mount of this host away.",
            mixinStandardHelpOptions = true)
    int umount(@Parameters(paramLabel = "DIR", description = "Where it is.") Path directory) {
        try (Session session = root.session()) {
            Path absolute = directory.toAbsolutePath().normalize();
            if (!Cluster.at(session.home(), line -> {}).unmount(absolute)) {
                throw new MillraceException(
                        ErrorCode.NOT_FOUND,
                        "no agent started here is mounted at "
                                + absolute
                                + "; 'millrace agent ls' lists them");
            }
            session.print(
                    Map.of("unmounted", absolute.toString()),
                    () -> session.out().println("unmounted " + absolute));
            return ExitCode.OK.code();
        }
    }

    @Command(name = "ls", header = "List the mounts of this host.", mixinStandardHelpOptions = true)
    int ls() {
        try (Session session = root.session()) {
            List<AgentView> agents = new ArrayList<>();
            ClusterState.read(session.home())
                    .ifPresent(state ->
                            state.parts(PartKind.AGENT)
                                    .forEach(part -> agents.add(view(session, part))));
            session.print(
                    Map.of("agents", agents),
                    () -> {
                        if (agents.isEmpty()) {
                            session.out()
                                    .println(
                                            "No agent was started here; 'millrace agent mount DIR'"
                                                    + " starts one.");
                            return;
                        }
                        Table table =
                                new Table(
                                        "AGENT", "STATE", ">PID", ">RESTARTS", "PATH", "DIRECTORY");
                        for (AgentView agent : agents) {
                            table.row(
                                    agent.name(),
                                    agent.state(),
                                    agent.pid() == null ? "-" : agent.pid(),
                                    agent.restarts() == null ? "-" : agent.restarts(),
                                    agent.path(),
                                    agent.directory());
                        }
                        table.print(session.out());
                    });
            return ExitCode.OK.code();
        }
    }

    @Command(
            name = "status",
            header = "Say how the mounts of this host read, and what they have read.",
            mixinStandardHelpOptions = true)
    int status() {
        try (Session session = root.session()) {
            List<AgentStatus> agents = new ArrayList<>();
            ClusterState.read(session.home()).stream()
                    .flatMap(state -> state.parts(PartKind.AGENT).stream())
                    .filter(PartRecord::isRunning)
                    .forEach(part ->
                            agents.add(
                                    new AgentStatus(
                                            part.name(),
                                            view(session, part).directory(),
                                            stats(session, part).orElse(null))));
            session.print(
                    Map.of("agents", agents),
                    () -> {
                        if (agents.isEmpty()) {
                            session.out().println("No agent of this host runs.");
                        }
                        agents.forEach(agent -> print(session, agent));
                    });
            return ExitCode.OK.code();
        }
    }

    private static void print(Session session, AgentStatus agent) {
        AgentStats stats = agent.stats();
        session.out().println(agent.name() + " at " + agent.directory());
        if (stats == null) {
            session.out().println("  has not said yet what it counts");
            return;
        }
        session.out()
                .println(
                        "  serving       since "
                                + stats.servingSince()
                                + (stats.supervised()
                                        ? ", supervised, " + stats.restarts() + " restarts so far"
                                        : ", not supervised"));
        session.out().println("  binding       " + stats.binding());
        session.out()
                .println("  read policy   " + stats.readPolicy() + ": " + stats.readPolicyReason());
        session.out()
                .println(
                        "  opens         "
                                + stats.passthroughOpens()
                                + " handed to the kernel, "
                                + stats.servedOpens()
                                + " served");
        session.out()
                .println(
                        "  served bytes  "
                                + Views.bytes(stats.localBytes())
                                + " from this host's cache, "
                                + Views.bytes(stats.workerBytes())
                                + " from workers, "
                                + Views.bytes(stats.underStoreBytes())
                                + " from the bucket");
        session.out()
                .println(
                        "  metadata      "
                                + stats.metadataCalls()
                                + " calls, "
                                + stats.nodes()
                                + " nodes held");
    }

    private static Optional<AgentStats> stats(Session session, PartRecord part) {
        return AgentStats.read(session.home().agentStats(part.name()));
    }

    private static AgentView view(Session session, PartRecord part) {
        AgentMount mount = part.mount();
        boolean supervised = mount != null && mount.supervised();
        Optional<AgentStats> stats =
                supervised && part.isRunning() ? stats(session, part) : Optional.empty();
        return new AgentView(
                part.name(),
                part.isRunning() ? "running" : part.process() == null ? "stopped" : "ended",
                part.runningPid().orElse(null),
                supervised,
                stats.map(AgentStats::restarts).orElse(null),
                mount == null ? "" : mount.path(),
                mount == null ? "" : mount.directory());
    }

    /**
     * @param stats null: it has not written them yet
     */
    record AgentStatus(String name, String directory, @Nullable AgentStats stats) {}

    /**
     * @param pid of the process to stop: the holder, when it is supervised
     * @param restarts null: not supervised, or not known
     */
    record AgentView(
            String name,
            String state,
            @Nullable Long pid,
            boolean supervised,
            @Nullable Integer restarts,
            String path,
            String directory) {}
}
