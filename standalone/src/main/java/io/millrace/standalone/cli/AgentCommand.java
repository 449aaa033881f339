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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
        synopsisSubcommandLabel = "(mount | umount | ls)",
        mixinStandardHelpOptions = true)
final class AgentCommand implements Runnable {

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    MillraceCli root;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which of mount, umount and ls?");
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
                    String path) {
        String shown = NamespacePath.parse(path).toString();
        try (Session session = root.session()) {
            if (session.namedMetadataService() == null) {
                session.endpoints();
            }
            Cluster cluster = Cluster.at(session.home(), line -> {});
            AgentMount wanted =
                    new AgentMount(
                            directory.toAbsolutePath().normalize().toString(),
                            shown,
                            session.namedMetadataService());
            Part agent;
            try {
                agent = cluster.mount(wanted);
            } catch (MillraceException e) {
                // The agent says in its last line why it does not mount.
                throw new MillraceException(
                        e.code(), e.getMessage().lines().findFirst().orElse(""), e);
            }
            AgentView view = view(cluster.state().part(agent.name()).orElseThrow());
            session.print(
                    view,
                    () -> session.out().println(shown + " is mounted at " + view.directory()));
            return ExitCode.OK.code();
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
                            state.parts(PartKind.AGENT).forEach(part -> agents.add(view(part))));
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
                        Table table = new Table("AGENT", "STATE", ">PID", "PATH", "DIRECTORY");
                        for (AgentView agent : agents) {
                            table.row(
                                    agent.name(),
                                    agent.state(),
                                    agent.pid() == null ? "-" : agent.pid(),
                                    agent.path(),
                                    agent.directory());
                        }
                        table.print(session.out());
                    });
            return ExitCode.OK.code();
        }
    }

    private static AgentView view(PartRecord part) {
        AgentMount mount = part.mount();
        return new AgentView(
                part.name(),
                part.isRunning() ? "running" : part.process() == null ? "stopped" : "ended",
                part.runningPid().orElse(null),
                mount == null ? "" : mount.path(),
                mount == null ? "" : mount.directory());
    }

    record AgentView(
            String name, String state, @Nullable Long pid, String path, String directory) {}
}
