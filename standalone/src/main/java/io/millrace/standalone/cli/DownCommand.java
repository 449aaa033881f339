package io.millrace.standalone.cli;

import io.millrace.standalone.cluster.Cluster;
import io.millrace.standalone.cluster.StopReport;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** Stops everything that was started here. */
@Command(
        name = "down",
        header = "Stop the cluster on this machine. Mounts, jobs and the cache are kept.",
        mixinStandardHelpOptions = true)
final class DownCommand implements Callable<Integer> {

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    MillraceCli root;

    @Override
    public Integer call() {
        try (Session session = root.session()) {
            return stop(session).code();
        }
    }

    static ExitCode stop(Session session) {
        Cluster cluster = Cluster.at(session.home(), session.talk()::println);
        boolean ran = cluster.state().isRunning();
        StopReport report = cluster.stop();
        session.print(
                new Result(ran, report.forced(), report.left()),
                () -> {
                    report.forced().forEach((part, how) -> session.out().println(part + " " + how));
                    report.left().forEach((part, how) -> session.out().println(part + " " + how));
                    if (!report.left().isEmpty()) {
                        session.out().println("Not everything could be stopped.");
                    } else if (ran) {
                        session.out().println("Everything is stopped.");
                    } else {
                        session.out()
                                .println(
                                        "Nothing was running under "
                                                + session.home().directory()
                                                + ".");
                    }
                });
        return report.left().isEmpty() ? ExitCode.OK : ExitCode.FAILURE;
    }

    record Result(boolean wasRunning, Map<String, String> forced, Map<String, String> left) {}
}
