package io.millrace.standalone.cli;

import io.millrace.contracts.v1.AwaitVisibleRequest;
import io.millrace.contracts.v1.AwaitVisibleResponse;
import io.millrace.model.NamespacePath;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code fs wait-visible}. */
@Command(
        name = "wait-visible",
        header = "Wait until every agent shows what the bucket holds at a path.",
        description = {
            "The bucket is asked at once, whatever its events have told. After this, no new open at"
                    + " any mount sees an older version.",
            "Exit code 3: not within --timeout; who has not applied it is said."
        })
final class WaitVisibleCommand implements Callable<Integer> {

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    FsCommand fs;

    // The standard options would take --version.
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help message and exit.")
    boolean help;

    @Parameters(paramLabel = "PATH", description = "Of a file; absolute.")
    @SuppressWarnings("NullAway.Init")
    String path;

    @Option(
            names = "--version",
            paramLabel = "ETAG",
            description = "Wait until the bucket holds this; else for what it holds now.")
    @Nullable String version;

    private record Waited(
            String path,
            boolean visible,
            @Nullable String version,
            int agents,
            List<String> missing) {}

    @Override
    public Integer call() {
        String where = NamespacePath.parse(path).toString();
        try (Session session = fs.root.session()) {
            AwaitVisibleResponse seen =
                    session.services()
                            .awaitVisible(
                                    AwaitVisibleRequest.newBuilder()
                                            .setPath(where)
                                            .setObjectVersion(version == null ? "" : version)
                                            .setTimeoutMillis(session.timeout().toMillis())
                                            .build());
            String held = seen.getObjectVersion();
            session.print(
                    new Waited(
                            where,
                            seen.getVisible(),
                            held.isEmpty() ? null : held,
                            seen.getAgents(),
                            seen.getMissingList()),
                    () -> session.out().println(sentence(where, seen)));
            return seen.getVisible() ? ExitCode.OK.code() : ExitCode.PARTIAL.code();
        }
    }

    private static String sentence(String path, AwaitVisibleResponse seen) {
        String held =
                seen.getObjectVersion().isEmpty()
                        ? "no object"
                        : "version " + Terminal.printable(seen.getObjectVersion());
        if (seen.getVisible()) {
            return "%s: %s, at all of %d agents".formatted(path, held, seen.getAgents());
        }
        return seen.getMissingCount() == 0
                ? "%s: the bucket still holds %s".formatted(path, held)
                : "%s: %s, but %d of %d agents have not said so: %s"
                        .formatted(
                                path,
                                held,
                                seen.getMissingCount(),
                                seen.getAgents(),
                                Terminal.printable(String.join(", ", seen.getMissingList())));
    }
}
