package io.millrace.standalone.cli;

import io.millrace.contracts.v1.GetResidencyResponse;
import io.millrace.contracts.v1.Inode;
import io.millrace.contracts.v1.UsageRequest;
import io.millrace.contracts.v1.UsageResponse;
import io.millrace.contracts.v1.WorkerResidency;
import io.millrace.model.NamespacePath;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code fs du}. */
@Command(
        name = "du",
        header = "Count files and bytes below a path, and how many of them are cached.",
        mixinStandardHelpOptions = true)
final class UsageCommand implements Callable<Integer> {

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    FsCommand fs;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Parameters(paramLabel = "PATH", defaultValue = "/", description = "Absolute.")
    @SuppressWarnings("NullAway.Init")
    String path;

    @Option(
            names = "--cached",
            description = "How much is cached, and where, as the workers last summed it up.")
    boolean cached;

    @Option(names = "--exact", description = "With --cached: ask the workers now, file by file.")
    boolean exact;

    @Override
    public Integer call() {
        if (exact && !cached) {
            throw new ParameterException(spec.commandLine(), "--exact is for --cached");
        }
        NamespacePath where = NamespacePath.parse(path);
        try (Session session = fs.root.session()) {
            if (cached) {
                printCached(session, where);
            } else {
                printUsage(session, where.toString());
            }
            return ExitCode.OK.code();
        }
    }

    private static void printUsage(Session session, String where) {
        UsageResponse usage =
                session.services()
                        .metadata(service ->
                                service.usage(UsageRequest.newBuilder().setPath(where).build()));
        session.print(
                new Views.UsageView(
                        where, usage.getFiles(), usage.getDirectories(), usage.getBytes()),
                () ->
                        new Table(">FILES", ">DIRECTORIES", ">BYTES", ">SIZE", "PATH")
                                .row(
                                        usage.getFiles(),
                                        usage.getDirectories(),
                                        usage.getBytes(),
                                        Views.bytes(usage.getBytes()),
                                        where)
                                .print(session.out()));
    }

    private void printCached(Session session, NamespacePath where) {
        Inode inode = FsCommand.resolve(session, where);
        if (exact || !Views.isDirectory(inode)) {
            Views.CachedView view = CachedBytes.exact(session, where);
            session.print(view, () -> session.out().println(CachedBytes.text(view)));
            return;
        }
        GetResidencyResponse residency = CachedBytes.summed(session, where);
        session.print(
                Views.ResidencyView.of(residency),
                () -> {
                    Table table =
                            new Table("WORKER", ">FILES", ">BYTES", ">HEAT", "AS OF", "UNKNOWN");
                    for (WorkerResidency worker : residency.getWorkersList()) {
                        boolean told = worker.getMadeMillis() > 0;
                        table.row(
                                worker.getWorkerId(),
                                told ? worker.getCachedFiles() : "-",
                                told ? Views.bytes(worker.getCachedBytes()) : "-",
                                told ? Math.round(worker.getHeat()) : "-",
                                Views.time(worker.getMadeMillis()),
                                Optional.of(worker)
                                        .filter(w -> w.getUnknownBytes() > 0)
                                        .map(w ->
                                                w.getUnknownFiles()
                                                        + " files, "
                                                        + Views.bytes(w.getUnknownBytes()))
                                        .orElse("-"));
                    }
                    table.print(session.out());
                    session.out().println(CachedBytes.text(Views.CachedView.of(residency)));
                });
    }
}
