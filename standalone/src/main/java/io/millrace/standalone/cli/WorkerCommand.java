package io.millrace.standalone.cli;

import io.millrace.contracts.v1.ListWorkersRequest;
import io.millrace.contracts.v1.ListWorkersResponse;
import io.millrace.contracts.v1.Worker;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** The workers. */
@Command(
        name = "worker",
        header = "The workers that keep the cache.",
        synopsisSubcommandLabel = "ls",
        mixinStandardHelpOptions = true)
final class WorkerCommand implements Runnable {

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    MillraceCli root;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which command? It has: ls.");
    }

    @Command(name = "ls", header = "List the workers.", mixinStandardHelpOptions = true)
    int ls() {
        try (Session session = root.session()) {
            ListWorkersResponse answer =
                    session.services()
                            .metadata(service ->
                                    service.listWorkers(ListWorkersRequest.getDefaultInstance()));
            session.print(
                    Map.of(
                            "ringEpoch",
                            answer.getRingEpoch(),
                            "workers",
                            answer.getWorkersList().stream().map(Views.WorkerView::of).toList()),
                    () -> print(session, answer));
            return ExitCode.OK.code();
        }
    }

    private static void print(Session session, ListWorkersResponse answer) {
        if (answer.getWorkersCount() == 0) {
            session.out().println("There is no worker.");
            return;
        }
        Table table =
                new Table(
                        "WORKER", "STATE", "ADDRESS", ">USED", ">CAPACITY", ">%", ">FILES", "SEEN");
        for (Worker worker : answer.getWorkersList()) {
            table.row(
                    worker.getId(),
                    Views.name(worker.getState()),
                    worker.getHost() + ":" + worker.getDataPort(),
                    Views.bytes(worker.getUsedBytes()),
                    Views.bytes(worker.getCapacityBytes()),
                    percent(worker.getUsedBytes(), worker.getCapacityBytes()),
                    worker.getCachedFiles(),
                    Views.time(worker.getLastRenewalMillis()));
        }
        table.print(session.out());
    }

    private static String percent(long part, long whole) {
        return whole == 0 ? "-" : Long.toString(Math.round(100.0 * part / whole));
    }
}
