package io.millrace.standalone.cli;

import io.millrace.contracts.v1.DrainWorkerRequest;
import io.millrace.contracts.v1.ListWorkersRequest;
import io.millrace.contracts.v1.ListWorkersResponse;
import io.millrace.contracts.v1.UndrainWorkerRequest;
import io.millrace.contracts.v1.Worker;
import io.millrace.contracts.v1.WorkerState;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** The workers. */
@Command(
        name = "worker",
        header = "The workers that keep the cache.",
        synopsisSubcommandLabel = "ls|drain|undrain",
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
        throw new ParameterException(
                spec.commandLine(), "Which command? It has: ls, drain, undrain.");
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

    @Command(
            name = "drain",
            header = "Let a worker give up what it owns, before it is stopped.",
            description =
                    "It comes after all others in the ring until 'undrain', also when it is"
                            + " restarted. Workers that take over copy from it what is asked for.",
            mixinStandardHelpOptions = true)
    int drain(
            @Parameters(paramLabel = "ID", description = "As 'worker ls' shows it.") String id,
            @Option(
                            names = "--wait",
                            description =
                                    "Until no read is in flight at it; --timeout bounds this, too.")
                    boolean wait,
            @Option(names = "--force", description = "Even if no other worker could take over.")
                    boolean force) {
        try (Session session = root.session()) {
            Worker draining =
                    session.services()
                            .metadata(service ->
                                    service.drainWorker(
                                            DrainWorkerRequest.newBuilder()
                                                    .setWorkerId(id)
                                                    .setForce(force)
                                                    .build()));
            Worker worker = wait ? new DrainWait(session).await(draining) : draining;
            session.print(
                    Views.WorkerView.of(worker),
                    () -> session.out().println(drained(worker, wait)));
            return ExitCode.OK.code();
        }
    }

    private static String drained(Worker worker, boolean waited) {
        if (worker.getState() == WorkerState.WORKER_STATE_LOST) {
            return "Worker " + worker.getId() + " is not running; it drains when it comes back.";
        }
        return "Worker "
                + worker.getId()
                + (waited ? " drains, and no read is in flight: it may be stopped." : " drains.");
    }

    @Command(
            name = "undrain",
            header = "Let a worker own its share again.",
            mixinStandardHelpOptions = true)
    int undrain(
            @Parameters(paramLabel = "ID", description = "As 'worker ls' shows it.") String id) {
        try (Session session = root.session()) {
            Worker worker =
                    session.services()
                            .metadata(service ->
                                    service.undrainWorker(
                                            UndrainWorkerRequest.newBuilder()
                                                    .setWorkerId(id)
                                                    .build()));
            session.print(
                    Views.WorkerView.of(worker),
                    () ->
                            session.out()
                                    .println(
                                            "Worker " + worker.getId() + " owns its share again."));
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
                        "WORKER",
                        "STATE",
                        "ADDRESS",
                        ">USED",
                        ">CAPACITY",
                        ">%",
                        ">FILES",
                        ">IN FLIGHT",
                        "SEEN");
        for (Worker worker : answer.getWorkersList()) {
            table.row(
                    worker.getId(),
                    Views.name(worker.getState()),
                    worker.getHost() + ":" + worker.getDataPort(),
                    Views.bytes(worker.getUsedBytes()),
                    Views.bytes(worker.getCapacityBytes()),
                    percent(worker.getUsedBytes(), worker.getCapacityBytes()),
                    worker.getCachedFiles(),
                    worker.getInFlight(),
                    Views.time(worker.getLastRenewalMillis()));
        }
        table.print(session.out());
    }

    private static String percent(long part, long whole) {
        return whole == 0 ? "-" : Long.toString(Math.round(100.0 * part / whole));
    }
}
