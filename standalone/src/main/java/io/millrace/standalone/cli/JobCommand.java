package io.millrace.standalone.cli;

import io.millrace.contracts.v1.CancelJobRequest;
import io.millrace.contracts.v1.GetJobRequest;
import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobControls;
import io.millrace.contracts.v1.JobKind;
import io.millrace.contracts.v1.JobSelection;
import io.millrace.contracts.v1.JobState;
import io.millrace.contracts.v1.ListJobsRequest;
import io.millrace.contracts.v1.ListJobsResponse;
import io.millrace.contracts.v1.PlanJobRequest;
import io.millrace.contracts.v1.SubmitJobRequest;
import io.millrace.contracts.v1.WorkerProgress;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Jobs. */
@Command(
        name = "job",
        header = "Load data sets into the cache, free them, and follow how that goes.",
        synopsisSubcommandLabel =
                "(load | sync | free | verify | warm-replicas | pin | unpin | ls | show | failures |"
                        + " retry-failed | pause | resume | cancel | limit | schedule)",
        subcommands = {
            JobCommand.Load.class,
            JobKindCommands.Sync.class,
            JobKindCommands.Free.class,
            JobKindCommands.Verify.class,
            JobKindCommands.WarmReplicas.class,
            JobKindCommands.Pin.class,
            JobKindCommands.Unpin.class,
            JobFailuresCommand.class,
            JobControlCommands.RetryFailed.class,
            JobControlCommands.Pause.class,
            JobControlCommands.Resume.class,
            JobControlCommands.Cancel.class,
            JobControlCommands.Limit.class,
            JobScheduleCommand.class
        },
        mixinStandardHelpOptions = true)
final class JobCommand implements Runnable {

    private static final int PAGE = 1_000;

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    MillraceCli root;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "Which of load, sync, free, verify, warm-replicas, pin, unpin, ls, show, failures,"
                        + " retry-failed, pause, resume, cancel, limit and schedule?");
    }

    /** What is asked of a kind of job on a path, or of one job. */
    static final class Asked {

        @ArgGroup(multiplicity = "1")
        @SuppressWarnings("NullAway.Init")
        Subject subject;

        @ArgGroup(multiplicity = "0..1")
        @Nullable Action action;

        @Option(
                names = "--wait",
                description = "Return when the job has ended; show its progress until then.")
        boolean wait;

        static final class Subject {
            @Option(
                    names = "--path",
                    required = true,
                    description = "A directory or file of the namespace.")
            @Nullable String path;

            @Option(names = "--id", required = true, description = "Of a job.")
            @Nullable String id;
        }

        static final class Action {
            @Option(names = "--submit", required = true, description = "Start the job.")
            boolean submit;

            @Option(
                    names = "--plan",
                    required = true,
                    description = "Say what the job would do, and do nothing.")
            boolean plan;

            @Option(
                    names = "--progress",
                    required = true,
                    description = "Say how far the newest such job is.")
            boolean progress;

            @Option(
                    names = "--stop",
                    required = true,
                    description = "Cancel the newest such job: what is loaded stays.")
            boolean stop;
        }
    }

    /** {@code job load}. */
    @Command(
            name = "load",
            header = "Bring everything under a path into the cache.",
            mixinStandardHelpOptions = true)
    static final class Load implements java.util.concurrent.Callable<Integer> {

        @ParentCommand
        @SuppressWarnings("NullAway.Init")
        JobCommand parent;

        @Spec
        @SuppressWarnings("NullAway.Init")
        CommandSpec spec;

        @Mixin Asked asked = new Asked();

        @Mixin JobControlCommands.Options controls = new JobControlCommands.Options();

        @Mixin SelectionOptions selection = new SelectionOptions();

        @Option(names = "--metadata-only", description = "Only list what is there; fetch no bytes.")
        boolean metadataOnly;

        @Override
        public Integer call() {
            if (asked.action == null) {
                throw new ParameterException(
                        spec.commandLine(),
                        "One of --submit, --plan, --progress and --stop is needed");
            }
            return parent.act(
                    spec,
                    metadataOnly ? JobKind.JOB_KIND_LOAD_METADATA : JobKind.JOB_KIND_LOAD,
                    asked,
                    asked.action,
                    selection.message(),
                    controls.message());
        }
    }

    int act(
            CommandSpec command,
            JobKind kind,
            Asked asked,
            Asked.Action action,
            JobSelection selection,
            JobControls controls) {
        String path =
                asked.subject.path == null
                        ? null
                        : NamespacePath.parse(asked.subject.path).toString();
        if (path == null && (action.submit || action.plan)) {
            throw new ParameterException(
                    command.commandLine(), "--submit and --plan need --path, not --id");
        }
        try (Session session = root.session()) {
            if (path != null && action.plan) {
                return plan(session, kind, path, selection, controls);
            }
            if (path != null && action.submit) {
                Job job =
                        session.services()
                                .jobs(service ->
                                        service.submit(
                                                SubmitJobRequest.newBuilder()
                                                        .setKind(kind)
                                                        .setPath(path)
                                                        .setSelection(selection)
                                                        .setControls(controls)
                                                        .build()));
                return followOrPrint(session, job, asked.wait);
            }
            String id =
                    path == null ? String.valueOf(asked.subject.id) : newest(session, kind, path);
            if (action.stop) {
                Job job =
                        session.services()
                                .jobs(service ->
                                        service.cancel(
                                                CancelJobRequest.newBuilder()
                                                        .setJobId(id)
                                                        .build()));
                return followOrPrint(session, job, asked.wait);
            }
            return followOrPrint(session, get(session, id), asked.wait);
        }
    }

    private static int plan(
            Session session,
            JobKind kind,
            String path,
            JobSelection selection,
            JobControls controls) {
        JobViews.PlanView plan =
                JobViews.PlanView.of(
                        session.services()
                                .jobs(service ->
                                        service.plan(
                                                PlanJobRequest.newBuilder()
                                                        .setKind(kind)
                                                        .setPath(path)
                                                        .setSelection(selection)
                                                        .setControls(controls)
                                                        .build())));
        session.print(plan, () -> JobReport.print(session.out(), plan));
        return ExitCode.OK.code();
    }

    static int followOrPrint(Session session, Job job, boolean wait) {
        if (wait) {
            Job ended = new JobFollower(session).follow(job.getId());
            session.print(
                    JobViews.JobView.of(ended), () -> JobReport.printOutcome(session.out(), ended));
            return JobReport.exitCode(ended).code();
        }
        session.print(JobViews.JobView.of(job), () -> JobReport.printState(session.out(), job));
        return JobReport.exitCode(job).code();
    }

    static String newest(Session session, JobKind kind, String path) {
        String before = "";
        while (true) {
            String from = before;
            ListJobsResponse page =
                    session.services()
                            .jobs(service ->
                                    service.list(
                                            ListJobsRequest.newBuilder()
                                                    .setLimit(PAGE)
                                                    .setBeforeJobId(from)
                                                    .build()));
            for (Job job : page.getJobsList()) {
                if (job.getKind() == kind && job.getPath().equals(path)) {
                    return job.getId();
                }
            }
            if (!page.getMore() || page.getJobsCount() == 0) {
                throw new MillraceException(
                        ErrorCode.NOT_FOUND,
                        "there is no " + JobViews.name(kind) + " job on " + path);
            }
            before = page.getJobs(page.getJobsCount() - 1).getId();
        }
    }

    static Job get(Session session, String id) {
        return session.services()
                .jobs(service -> service.get(GetJobRequest.newBuilder().setJobId(id).build()));
    }

    @Command(name = "ls", header = "List jobs, newest first.", mixinStandardHelpOptions = true)
    int ls(
            @Option(
                            names = "--limit",
                            paramLabel = "N",
                            defaultValue = "20",
                            description = "Most jobs, 1 to 1000 (${DEFAULT-VALUE}).")
                    int limit) {
        try (Session session = root.session()) {
            List<Job> jobs =
                    session.services()
                            .jobs(service ->
                                    service.list(
                                                    ListJobsRequest.newBuilder()
                                                            .setLimit(Math.clamp(limit, 1, PAGE))
                                                            .build())
                                            .getJobsList());
            session.print(
                    Map.of("jobs", jobs.stream().map(JobViews.JobView::of).toList()),
                    () -> {
                        if (jobs.isEmpty()) {
                            session.out().println("There is no job yet.");
                            return;
                        }
                        Table table =
                                new Table(
                                        "ID",
                                        "KIND",
                                        "PATH",
                                        "STATE",
                                        ">FILES",
                                        ">BYTES",
                                        ">NOT DONE",
                                        "CREATED");
                        for (Job job : jobs) {
                            table.row(
                                    job.getId(),
                                    JobViews.name(job.getKind()),
                                    job.getPath(),
                                    JobViews.name(job.getState()),
                                    JobReport.files(job),
                                    JobReport.bytes(job),
                                    JobReport.lostFiles(job),
                                    Views.time(job.getCreatedMillis()));
                        }
                        table.print(session.out());
                    });
            return ExitCode.OK.code();
        }
    }

    @Command(name = "show", header = "Say all about one job.", mixinStandardHelpOptions = true)
    int show(
            @Parameters(paramLabel = "ID", description = "Of the job.") String id,
            @Option(names = "--wait", description = "Until it has ended.") boolean wait) {
        try (Session session = root.session()) {
            Job job = wait ? new JobFollower(session).follow(id) : get(session, id);
            session.print(
                    JobViews.JobView.of(job),
                    () -> {
                        JobReport.printState(session.out(), job);
                        if (job.hasSelection()) {
                            session.out()
                                    .println(
                                            Terminal.printable(
                                                    "selected: "
                                                            + SelectionOptions.text(
                                                                    job.getSelection())
                                                            + "; left out: "
                                                            + job.getUnselectedFiles()
                                                            + " files"));
                        }
                        if (job.getWorkersCount() > 0) {
                            Table table =
                                    new Table("WORKER", ">FILES", ">BYTES", ">SKIPPED", ">FAILED");
                            for (WorkerProgress worker : job.getWorkersList()) {
                                table.row(
                                        worker.getWorkerId(),
                                        worker.getDoneFiles(),
                                        Views.bytes(worker.getDoneBytes()),
                                        worker.getSkippedFiles(),
                                        worker.getFailedFiles());
                            }
                            table.print(session.out());
                        }
                    });
            return wait ? JobReport.exitCode(job).code() : ExitCode.OK.code();
        }
    }

    static boolean hasEnded(Job job) {
        return switch (job.getState()) {
            case JOB_STATE_SUCCEEDED, JOB_STATE_PARTIAL, JOB_STATE_FAILED, JOB_STATE_CANCELLED ->
                    true;
            case JOB_STATE_PLANNED,
                    JOB_STATE_RUNNING,
                    JOB_STATE_PAUSED,
                    JOB_STATE_UNSPECIFIED,
                    UNRECOGNIZED ->
                    false;
        };
    }

    static boolean isRunning(Job job) {
        return job.getState() == JobState.JOB_STATE_RUNNING;
    }
}
