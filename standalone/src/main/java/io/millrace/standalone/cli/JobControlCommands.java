package io.millrace.standalone.cli;

import io.millrace.contracts.v1.CancelJobRequest;
import io.millrace.contracts.v1.ControlJobRequest;
import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobControls;
import io.millrace.contracts.v1.JobServiceGrpc.JobServiceBlockingStub;
import io.millrace.contracts.v1.PauseJobRequest;
import io.millrace.contracts.v1.ResumeJobRequest;
import io.millrace.contracts.v1.RetryFailedRequest;
import io.millrace.model.ByteCount;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code millrace job pause}, {@code resume}, {@code cancel} and {@code limit}. */
final class JobControlCommands {

    private JobControlCommands() {}

    /** How a job is done. */
    static final class Options {

        @Option(
                names = "--priority",
                paramLabel = "N",
                description = "0 to 9, 5 by default; the higher one goes first.")
        @Nullable Integer priority;

        @Option(
                names = "--bandwidth",
                paramLabel = "BYTES",
                description = "Most bytes per second, as 100MiB; 0: not limited.")
        @Nullable String bandwidth;

        @Option(
                names = "--request-rate",
                paramLabel = "N",
                description = "Most requests to the bucket per second; 0: not limited.")
        @Nullable Long requestRate;

        @Option(
                names = "--files-per-worker",
                paramLabel = "N",
                description = "Most files at once on each worker; 0: not limited.")
        @Nullable Integer filesPerWorker;

        @Option(
                names = "--deadline",
                paramLabel = "TIME",
                description =
                        "When the job ends, whatever is open then: from now, as PT2H, or at"
                                + " 2026-12-01T06:00:00Z; none takes it back.")
        @Nullable String deadline;

        @Option(
                names = "--require",
                paramLabel = "PERCENT",
                description =
                        "Which share of files, and of bytes, must be done or skipped for success, as"
                                + " 99.9%%; 100%% by default.")
        @Nullable String require;

        JobControls message() {
            JobControls.Builder message = JobControls.newBuilder();
            if (priority != null) {
                message.setPriority(priority);
            }
            if (bandwidth != null) {
                message.setBytesPerSecond(ByteCount.parse(bandwidth).bytes());
            }
            if (requestRate != null) {
                message.setRequestsPerSecond(requestRate);
            }
            if (filesPerWorker != null) {
                message.setFilesPerWorker(filesPerWorker);
            }
            if (deadline != null) {
                message.setDeadlineMillis(deadlineMillis(deadline, Instant.now()));
            }
            if (require != null) {
                message.setRequireMillionths(millionths(require));
            }
            return message.build();
        }

        static long deadlineMillis(String text, Instant now) {
            if (text.equals("none")) {
                return 0;
            }
            try {
                return text.startsWith("P")
                        ? now.plus(Duration.parse(text)).toEpochMilli()
                        : Instant.parse(text).toEpochMilli();
            } catch (DateTimeException | ArithmeticException e) {
                throw new MillraceException(
                        ErrorCode.INVALID_ARGUMENT,
                        "deadline '" + text + "' is neither as PT2H nor as 2026-12-01T06:00:00Z",
                        e);
            }
        }
    }

    private static final int PERCENT_DIGITS = 4;

    /** {@code 999000} as {@code 99.9%}. */
    static String percent(int millionths) {
        return BigDecimal.valueOf(millionths, PERCENT_DIGITS).stripTrailingZeros().toPlainString()
                + "%";
    }

    static int millionths(String percent) {
        String number =
                percent.endsWith("%") ? percent.substring(0, percent.length() - 1) : percent;
        try {
            return new BigDecimal(number).movePointRight(PERCENT_DIGITS).intValueExact();
        } catch (ArithmeticException | NumberFormatException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "require '" + percent + "' is not a percentage as 99.9%",
                    e);
        }
    }

    /** {@code job retry-failed}. */
    @Command(
            name = "retry-failed",
            header = "Do again just the files that a job could not do.",
            mixinStandardHelpOptions = true)
    static final class RetryFailed implements Callable<Integer> {

        @ParentCommand
        @SuppressWarnings("NullAway.Init")
        JobCommand parent;

        @Parameters(paramLabel = "ID", description = "Of the job that has ended.")
        @SuppressWarnings("NullAway.Init")
        String id;

        @Option(names = "--wait", description = "Return when the new job has ended.")
        boolean wait;

        @Override
        public Integer call() {
            try (Session session = parent.root.session()) {
                Job job =
                        session.services()
                                .jobs(service ->
                                        service.retryFailed(
                                                RetryFailedRequest.newBuilder()
                                                        .setJobId(id)
                                                        .build()));
                return JobCommand.followOrPrint(session, job, wait);
            }
        }
    }

    /** What is done to one job. */
    abstract static class OnJob implements Callable<Integer> {

        @ParentCommand
        @SuppressWarnings("NullAway.Init")
        JobCommand parent;

        @Parameters(paramLabel = "ID", description = "Of the job.")
        @SuppressWarnings("NullAway.Init")
        String id;

        abstract Job change(JobServiceBlockingStub service);

        @Override
        public Integer call() {
            try (Session session = parent.root.session()) {
                Job job = session.services().jobs(this::change);
                session.print(
                        JobViews.JobView.of(job), () -> JobReport.printState(session.out(), job));
                return ExitCode.OK.code();
            }
        }
    }

    /** {@code job pause}. */
    @Command(
            name = "pause",
            header = "Stop a job without ending it.",
            mixinStandardHelpOptions = true)
    static final class Pause extends OnJob {
        @Override
        Job change(JobServiceBlockingStub service) {
            return service.pause(PauseJobRequest.newBuilder().setJobId(id).build());
        }
    }

    /** {@code job resume}. */
    @Command(name = "resume", header = "Let a paused job go on.", mixinStandardHelpOptions = true)
    static final class Resume extends OnJob {
        @Override
        Job change(JobServiceBlockingStub service) {
            return service.resume(ResumeJobRequest.newBuilder().setJobId(id).build());
        }
    }

    /** {@code job cancel}. */
    @Command(
            name = "cancel",
            header = "End a job: what it has loaded stays.",
            mixinStandardHelpOptions = true)
    static final class Cancel extends OnJob {
        @Override
        Job change(JobServiceBlockingStub service) {
            return service.cancel(CancelJobRequest.newBuilder().setJobId(id).build());
        }
    }

    /** {@code job limit}. */
    @Command(
            name = "limit",
            header = "Change how a job is done, while it is.",
            mixinStandardHelpOptions = true)
    static final class Limit extends OnJob {

        @Spec
        @SuppressWarnings("NullAway.Init")
        CommandSpec spec;

        @Mixin Options options = new Options();

        @Override
        Job change(JobServiceBlockingStub service) {
            JobControls controls = options.message();
            if (controls.equals(JobControls.getDefaultInstance())) {
                throw new ParameterException(spec.commandLine(), "What is to be changed?");
            }
            return service.control(
                    ControlJobRequest.newBuilder().setJobId(id).setControls(controls).build());
        }
    }
}
