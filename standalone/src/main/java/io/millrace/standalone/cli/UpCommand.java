package io.millrace.standalone.cli;

import io.millrace.contracts.v1.ListMountsRequest;
import io.millrace.model.ByteCount;
import io.millrace.standalone.cluster.AgentMount;
import io.millrace.standalone.cluster.Cluster;
import io.millrace.standalone.cluster.ClusterSettings;
import io.millrace.standalone.cluster.ClusterState;
import io.millrace.standalone.cluster.EmbeddedBucket;
import io.millrace.standalone.cluster.Endpoints;
import io.millrace.standalone.cluster.Layout;
import io.millrace.standalone.cluster.Lifetime;
import io.millrace.standalone.cluster.PartRecord;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Starts what does not run yet. */
@Command(
        name = "up",
        header = "Start a cluster on this machine, or the parts of it that are down.",
        mixinStandardHelpOptions = true)
final class UpCommand implements Callable<Integer> {

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    MillraceCli root;

    @Option(names = "--workers", paramLabel = "N", description = "How many workers (at first 2).")
    @Nullable Integer workers;

    @Option(
            names = "--capacity",
            paramLabel = "SIZE",
            description = "What each worker may keep on disk: 20GiB.")
    @Nullable String capacity;

    @Option(
            names = "--distributed",
            description = "One process for each service instead of one for all.")
    boolean distributed;

    @Option(
            names = "--mount",
            paramLabel = "DIR",
            description = "Show the namespace under this directory; may be given several times.")
    List<Path> mounts = new ArrayList<>();

    @Override
    public Integer call() {
        try (Session session = root.session()) {
            PrintStream talk = session.talk();
            ClusterState before = ClusterState.read(session.home()).orElse(null);
            Cluster cluster =
                    Cluster.start(
                            ClusterSettings.of(session.home(), Lifetime.DETACHED)
                                    .withWorkers(workers)
                                    .withLayout(distributed ? Layout.DISTRIBUTED : null)
                                    .withWorkerCapacity(
                                            capacity == null
                                                    ? null
                                                    : ByteCount.parse(capacity).bytes())
                                    .withMounts(
                                            mounts.stream().map(UpCommand::everything).toList()),
                            talk::println);
            boolean already =
                    before != null && processes(before).equals(processes(cluster.state()));
            session.print(
                    StatusCommand.status(session, cluster.state()),
                    () -> {
                        talk.println(already ? "Millrace is already running." : "Millrace is up.");
                        where(talk, cluster.endpoints());
                        formerAddresses(session, cluster).forEach(talk::println);
                    });
            return ExitCode.OK.code();
        }
    }

    static AgentMount everything(Path directory) {
        return AgentMount.at(directory.toAbsolutePath().normalize().toString());
    }

    /** A mount names the S3 server's address, which has changed when its port was taken. */
    private static List<String> formerAddresses(Session session, Cluster cluster) {
        EmbeddedBucket bucket = cluster.embeddedBucket();
        return session
                .services()
                .metadata(s -> s.listMounts(ListMountsRequest.getDefaultInstance()))
                .getMountsList()
                .stream()
                .filter(m -> m.getOptions().getCredentials().equals("file:" + bucket.credentials()))
                .filter(m -> !m.getOptions().getEndpoint().equals(bucket.endpoint().toString()))
                .map(m ->
                        "Mount "
                                + m.getPath()
                                + " refers to the S3 server's former address "
                                + m.getOptions().getEndpoint()
                                + ": what is not cached of it cannot be read until the port"
                                + " is free again at the next 'up', or it is mounted anew.")
                .map(Terminal::printable)
                .toList();
    }

    static void where(PrintStream out, Endpoints at) {
        out.println("  console   " + at.console());
        out.println("  services  metadata " + at.metadataService() + ", jobs " + at.jobService());
        out.println("  bucket    s3://millrace/ at " + at.s3());
        out.println("  stop it   millrace down");
    }

    private static List<?> processes(ClusterState state) {
        return state.parts().stream().map(PartRecord::process).toList();
    }
}
