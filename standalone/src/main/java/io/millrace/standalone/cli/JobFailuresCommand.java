package io.millrace.standalone.cli;

import io.millrace.contracts.v1.JobFailure;
import io.millrace.contracts.v1.ListFailuresRequest;
import io.millrace.contracts.v1.ListFailuresResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code millrace job failures}. */
@Command(
        name = "failures",
        header = "List the files a job could not do, with reasons.",
        description =
                "With --format csv or jsonl they are printed one a line, while they are read.",
        mixinStandardHelpOptions = true)
final class JobFailuresCommand implements Callable<Integer> {

    private static final int PAGE = 1_000;

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    JobCommand parent;

    @Parameters(paramLabel = "ID", description = "Of the job.")
    @SuppressWarnings("NullAway.Init")
    String id;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Most files (${DEFAULT-VALUE}).")
    int limit;

    @Override
    public Integer call() {
        try (Session session = parent.root.session()) {
            switch (session.format()) {
                case CSV -> {
                    session.out().print("path,bytes,outcome,code,message\r\n");
                    each(session, failure -> session.out().print(csv(failure)));
                }
                case JSONL -> each(session, failure -> session.printLine(view(failure)));
                case TEXT, JSON -> print(session);
            }
            return ExitCode.OK.code();
        }
    }

    private void print(Session session) {
        List<JobViews.FailureView> failures = new ArrayList<>();
        each(session, failure -> failures.add(view(failure)));
        session.print(
                Map.of("jobId", id, "failures", failures),
                () -> {
                    if (failures.isEmpty()) {
                        session.out().println("No file of job " + id + " failed.");
                        return;
                    }
                    Table table = new Table("PATH", ">BYTES", "OUTCOME", "CODE", "REASON");
                    failures.forEach(f ->
                            table.row(f.path(), f.bytes(), f.outcome(), f.code(), f.message()));
                    table.print(session.out());
                });
    }

    private void each(Session session, Consumer<JobFailure> to) {
        int left = Math.max(1, limit);
        String cursor = "";
        do {
            String from = cursor;
            int page = Math.min(left, PAGE);
            ListFailuresResponse answer =
                    session.services()
                            .jobs(service ->
                                    service.listFailures(
                                            ListFailuresRequest.newBuilder()
                                                    .setJobId(id)
                                                    .setCursor(from)
                                                    .setLimit(page)
                                                    .build()));
            answer.getFailuresList().forEach(to);
            left -= answer.getFailuresCount();
            cursor = answer.getNextCursor();
        } while (!cursor.isEmpty() && left > 0);
    }

    private static JobViews.FailureView view(JobFailure failure) {
        return new JobViews.FailureView(
                failure.getPath(),
                failure.getBytes(),
                outcome(failure),
                failure.getCode(),
                failure.getMessage());
    }

    /** What the file is counted as. */
    private static String outcome(JobFailure failure) {
        return switch (failure.getCode()) {
            case "NOT_FOUND" -> "vanished";
            case "STALE_VERSION" -> "changed";
            default -> "failed";
        };
    }

    private static String csv(JobFailure failure) {
        return cell(failure.getPath())
                + ","
                + failure.getBytes()
                + ","
                + outcome(failure)
                + ","
                + failure.getCode()
                + ","
                + cell(failure.getMessage())
                + "\r\n";
    }

    /** RFC 4180; what a spreadsheet would take for a formula begins with an apostrophe. */
    static String cell(String text) {
        String safe =
                text.isEmpty() || "=+-@\t\r\n".indexOf(text.charAt(0)) < 0 ? text : "'" + text;
        return safe.chars().anyMatch(c -> ",\"\r\n".indexOf(c) >= 0)
                ? '"' + safe.replace("\"", "\"\"") + '"'
                : safe;
    }
}
