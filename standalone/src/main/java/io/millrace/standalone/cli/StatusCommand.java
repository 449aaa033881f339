package io.millrace.standalone.cli;

import io.millrace.standalone.cluster.AgentMount;
import io.millrace.standalone.cluster.ClusterState;
import io.millrace.standalone.cluster.Endpoints;
import io.millrace.standalone.cluster.PartRecord;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** What runs on this machine. */
@Command(
        name = "status",
        header = "Say which parts of the local cluster run, and where.",
        footer = "Exit code: 0 all parts run, 1 none does, 3 some do.",
        mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    MillraceCli root;

    @Override
    public Integer call() {
        try (Session session = root.session()) {
            Optional<ClusterState> state = ClusterState.read(session.home());
            Status status =
                    state.map(s -> status(session, s))
                            .orElseGet(() ->
                                    new Status(
                                            session.home().directory().toString(),
                                            "down",
                                            null,
                                            null,
                                            List.of()));
            session.print(status, () -> print(session, status));
            return switch (status.state()) {
                case "up" -> ExitCode.OK.code();
                case "down" -> ExitCode.FAILURE.code();
                default -> ExitCode.PARTIAL.code();
            };
        }
    }

    static Status status(Session session, ClusterState state) {
        long running = state.parts().stream().filter(PartRecord::isRunning).count();
        String word = running == 0 ? "down" : running == state.parts().size() ? "up" : "partly up";
        return new Status(
                session.home().directory().toString(),
                word,
                state.layout().name().toLowerCase(Locale.ROOT),
                running == 0 ? null : state.endpoints(),
                state.parts().stream().map(StatusCommand::view).toList());
    }

    private static Views.PartView view(PartRecord part) {
        AgentMount mount = part.mount();
        return new Views.PartView(
                part.name(),
                part.kind().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                part.isRunning() ? "running" : part.process() == null ? "stopped" : "ended",
                part.runningPid().orElse(null),
                part.ports(),
                part.log(),
                mount == null ? null : mount.directory());
    }

    private static void print(Session session, Status status) {
        session.out().println("Millrace under " + status.home() + " is " + status.state() + ".");
        if (status.parts().isEmpty()) {
            return;
        }
        Table table = new Table("PART", "STATE", ">PID", "PORTS", "LOG");
        for (Views.PartView part : status.parts()) {
            String ports =
                    new TreeMap<>(part.ports())
                            .entrySet().stream()
                                    .map(e ->
                                            e.getKey().equals(part.name())
                                                    ? e.getValue().toString()
                                                    : e.getKey() + " " + e.getValue())
                                    .collect(Collectors.joining(", "));
            table.row(
                    part.name(),
                    part.state(),
                    part.pid() == null ? "-" : part.pid(),
                    part.mount() == null ? ports : part.mount(),
                    part.log());
        }
        table.print(session.out());
        if (status.endpoints() != null) {
            session.out().println("Console: " + status.endpoints().console());
        }
    }

    record Status(
            String home,
            String state,
            @Nullable String layout,
            @Nullable Endpoints endpoints,
            List<Views.PartView> parts) {}
}
