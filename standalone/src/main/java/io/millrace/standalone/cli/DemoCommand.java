package io.millrace.standalone.cli;

import io.millrace.standalone.cluster.Cluster;
import io.millrace.standalone.cluster.ClusterSettings;
import io.millrace.standalone.cluster.ClusterState;
import io.millrace.standalone.cluster.Lifetime;
import io.millrace.standalone.demo.DataSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** The whole way of a data set: into a bucket, mounted, read cold, loaded, read warm, checked. */
@Command(
        name = "demo",
        header =
                "Start a cluster, load a data set into its cache, and compare cold and warm reads.",
        mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {

    private static final int DIRECTORIES = 20;
    private static final long SEED = 20260101;

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    MillraceCli root;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Option(
            names = "--small-files",
            paramLabel = "N",
            defaultValue = "2000",
            description = "Files of 64 to 110 KiB (${DEFAULT-VALUE}).")
    int smallFiles;

    @Option(
            names = "--shards",
            paramLabel = "N",
            defaultValue = "2",
            description = "Large files (${DEFAULT-VALUE}).")
    int shards;

    @Option(
            names = "--shard-mib",
            paramLabel = "N",
            defaultValue = "256",
            description = "Size of each large file in MiB (${DEFAULT-VALUE}).")
    int shardMib;

    @Option(
            names = "--readers",
            paramLabel = "N",
            defaultValue = "8",
            description = "Threads that read (${DEFAULT-VALUE}).")
    int readers;

    @Option(names = "--workers", paramLabel = "N", description = "How many workers (at first 2).")
    @Nullable Integer workers;

    @Option(
            names = "--no-mount",
            description = "Read through the client library, not through a mount.")
    boolean noMount;

    @Option(names = "--teardown", description = "Stop everything at the end.")
    boolean teardown;

    @Override
    public Integer call() {
        check("--small-files", smallFiles, 0, 1_000_000);
        check("--shards", shards, 0, 100);
        check("--shard-mib", shardMib, 1, 102_400);
        check("--readers", readers, 1, 64);
        DataSet data = new DataSet(smallFiles, DIRECTORIES, shards, (long) shardMib << 20, SEED);
        try (Session session = root.session()) {
            ExitCode outcome = ExitCode.FAILURE;
            try {
                Cluster cluster = start(session);
                outcome = new DemoRun(session, cluster, data, readers, noMount).run();
            } finally {
                if (teardown) {
                    ExitCode stopped = stop(session);
                    outcome = outcome == ExitCode.OK ? stopped : outcome;
                }
            }
            return outcome.code();
        }
    }

    private Cluster start(Session session) {
        boolean runs = ClusterState.read(session.home()).map(ClusterState::isRunning).orElse(false);
        session.talk()
                .println(
                        runs
                                ? "Using the cluster under " + session.home().directory() + "."
                                : "Starting a cluster under " + session.home().directory() + ":");
        return Cluster.start(
                ClusterSettings.of(session.home(), Lifetime.DETACHED).withWorkers(workers),
                line -> session.talk().println("  " + line));
    }

    private static ExitCode stop(Session session) {
        session.talk().println();
        var report = Cluster.at(session.home(), line -> {}).stop();
        report.forced().forEach((part, how) -> session.talk().println(part + " " + how));
        report.left().forEach((part, how) -> session.talk().println(part + " " + how));
        session.talk()
                .println(
                        report.left().isEmpty()
                                ? "Everything is stopped; nothing is mounted."
                                : "Not everything could be stopped.");
        return report.left().isEmpty() ? ExitCode.OK : ExitCode.FAILURE;
    }

    private void check(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new ParameterException(
                    spec.commandLine(),
                    option + " " + value + ": " + least + " to " + most + " are possible");
        }
    }
}
