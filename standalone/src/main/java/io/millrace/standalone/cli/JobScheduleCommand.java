package io.millrace.standalone.cli;

import io.millrace.contracts.v1.JobServiceGrpc.JobServiceBlockingStub;
import io.millrace.contracts.v1.ListSchedulesRequest;
import io.millrace.contracts.v1.NamedSchedule;
import io.millrace.contracts.v1.Schedule;
import io.millrace.contracts.v1.ScheduleOverlap;
import io.millrace.contracts.v1.SubmitJobRequest;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code millrace job schedule}. */
@Command(
        name = "schedule",
        header = "Let jobs begin by themselves at set times.",
        synopsisSubcommandLabel = "(add | replace | ls | rm | pause | resume | run)",
        mixinStandardHelpOptions = true)
final class JobScheduleCommand implements Runnable {

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    JobCommand parent;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "Which of add, replace, ls, rm, pause, resume and run?");
    }

    /** What a schedule is. */
    static final class Wanted {

        @Parameters(
                paramLabel = "NAME",
                description = "Of the schedule: small letters, digits and dashes.")
        @SuppressWarnings("NullAway.Init")
        String name;

        @Option(
                names = "--cron",
                required = true,
                paramLabel = "EXPRESSION",
                description =
                        "Minute, hour, day of month, month and day of week, as '30 2 * * 1-5'.")
        @SuppressWarnings("NullAway.Init")
        String cron;

        @Option(
                names = "--zone",
                defaultValue = "UTC",
                paramLabel = "ZONE",
                description = "Whose clocks it goes by, as Europe/Berlin (${DEFAULT-VALUE}).")
        @SuppressWarnings("NullAway.Init")
        String zone;

        @Option(
                names = "--jitter",
                defaultValue = "PT0S",
                paramLabel = "TIME",
                description = "It begins up to so much later, as PT5M (${DEFAULT-VALUE}).")
        @SuppressWarnings("NullAway.Init")
        String jitter;

        @Option(
                names = "--overlap",
                defaultValue = "skip",
                paramLabel = "POLICY",
                description =
                        "When such a job runs on the path already: skip this time, buffer-one (begin"
                                + " when it has ended), or cancel-other (${DEFAULT-VALUE}).")
        @SuppressWarnings("NullAway.Init")
        String overlap;

        @Option(
                names = "--kind",
                defaultValue = "load",
                paramLabel = "KIND",
                description = "Of the job, as millrace job has them (${DEFAULT-VALUE}).")
        @SuppressWarnings("NullAway.Init")
        String kind;

        @Option(
                names = "--path",
                required = true,
                paramLabel = "PATH",
                description = "A directory or file of the namespace.")
        @SuppressWarnings("NullAway.Init")
        String path;

        @Option(
                names = "--min-age",
                paramLabel = "TIME",
                description = "Not files modified later than so long before, as P30D.")
        @Nullable String minAge;

        @Option(
                names = "--max-age",
                paramLabel = "TIME",
                description = "Not files modified earlier than so long before.")
        @Nullable String maxAge;

        @Option(
                names = "--deadline-after",
                paramLabel = "TIME",
                description = "When the job ends, whatever is open then, after its time.")
        @Nullable String deadlineAfter;

        @Option(names = "--paused", description = "Begin nothing until it is resumed.")
        boolean paused;

        @Mixin SelectionOptions selection = new SelectionOptions();

        @Mixin JobControlCommands.Options controls = new JobControlCommands.Options();

        Schedule message() {
            Schedule.Builder message =
                    Schedule.newBuilder()
                            .setName(name)
                            .setCron(cron)
                            .setZone(zone)
                            .setJitterMillis(millis("jitter", jitter))
                            .setOverlap(parsed(ScheduleOverlap.class, "overlap", overlap))
                            .setJob(
                                    SubmitJobRequest.newBuilder()
                                            .setKind(JobViews.kind(kind))
                                            .setPath(NamespacePath.parse(path).toString())
                                            .setSelection(selection.message())
                                            .setControls(controls.message()))
                            .setPaused(paused);
            if (minAge != null) {
                message.setMinAgeMillis(millis("min-age", minAge));
            }
            if (maxAge != null) {
                message.setMaxAgeMillis(millis("max-age", maxAge));
            }
            if (deadlineAfter != null) {
                message.setDeadlineAfterMillis(millis("deadline-after", deadlineAfter));
            }
            return message.build();
        }

        private static ScheduleOverlap parsed(
                Class<ScheduleOverlap> type, String name, String word) {
            for (ScheduleOverlap overlap : type.getEnumConstants()) {
                if (overlap != ScheduleOverlap.SCHEDULE_OVERLAP_UNSPECIFIED
                        && overlap != ScheduleOverlap.UNRECOGNIZED
                        && word(overlap).equals(word)) {
                    return overlap;
                }
            }
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    name + " '" + word + "' is none of skip, buffer-one and cancel-other");
        }

        private static long millis(String name, String text) {
            try {
                Duration time = Duration.parse(text);
                if (!time.isNegative()) {
                    return time.toMillis();
                }
            } catch (DateTimeException | ArithmeticException e) {
                // Answered like one that is negative.
            }
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "%s '%s' is not a time as PT5M or P30D".formatted(name, text));
        }
    }

    static String word(ScheduleOverlap overlap) {
        return overlap.name()
                .substring("SCHEDULE_OVERLAP_".length())
                .toLowerCase(Locale.ROOT)
                .replace('_', '-');
    }

    @Command(name = "add", header = "Make a schedule.", mixinStandardHelpOptions = true)
    int add(@Mixin Wanted wanted) {
        return tell(service -> service.createSchedule(wanted.message()));
    }

    @Command(
            name = "replace",
            header = "Put another in the place of a schedule.",
            mixinStandardHelpOptions = true)
    int replace(@Mixin Wanted wanted) {
        return tell(service -> service.replaceSchedule(wanted.message()));
    }

    @Command(
            name = "pause",
            header = "Let nothing begin by a schedule.",
            mixinStandardHelpOptions = true)
    int pause(@Parameters(paramLabel = "NAME", description = "Of the schedule.") String name) {
        return named(name, JobServiceBlockingStub::pauseSchedule);
    }

    @Command(
            name = "resume",
            header = "Let a paused schedule go on, with the next time from now.",
            mixinStandardHelpOptions = true)
    int resume(@Parameters(paramLabel = "NAME", description = "Of the schedule.") String name) {
        return named(name, JobServiceBlockingStub::resumeSchedule);
    }

    private int named(
            String name, BiFunction<JobServiceBlockingStub, NamedSchedule, Schedule> call) {
        return tell(
                service -> call.apply(service, NamedSchedule.newBuilder().setName(name).build()));
    }

    private int tell(java.util.function.Function<JobServiceBlockingStub, Schedule> call) {
        try (Session session = parent.root.session()) {
            Schedule schedule = session.services().jobs(call::apply);
            session.print(
                    JobViews.ScheduleView.of(schedule),
                    () -> table(List.of(schedule)).print(session.out()));
            return ExitCode.OK.code();
        }
    }

    @Command(name = "ls", header = "List schedules.", mixinStandardHelpOptions = true)
    int ls() {
        try (Session session = parent.root.session()) {
            List<Schedule> schedules =
                    session.services()
                            .jobs(service ->
                                    service.listSchedules(ListSchedulesRequest.getDefaultInstance())
                                            .getSchedulesList());
            session.print(
                    Map.of("schedules", schedules.stream().map(JobViews.ScheduleView::of).toList()),
                    () -> {
                        if (schedules.isEmpty()) {
                            session.out().println("There is no schedule yet.");
                        } else {
                            table(schedules).print(session.out());
                        }
                    });
            return ExitCode.OK.code();
        }
    }

    private static Table table(List<Schedule> schedules) {
        Table table = new Table("NAME", "WHEN", "JOB", "NEXT", "LAST");
        for (Schedule schedule : schedules) {
            table.row(
                    schedule.getName(),
                    schedule.getCron() + " " + schedule.getZone(),
                    JobViews.name(schedule.getJob().getKind()) + " " + schedule.getJob().getPath(),
                    schedule.getPaused() ? "paused" : Views.time(schedule.getNextMillis()),
                    last(schedule));
        }
        return table;
    }

    private static String last(Schedule schedule) {
        if (schedule.getLastMillis() == 0) {
            return "-";
        }
        return Views.time(schedule.getLastMillis())
                + " "
                + (schedule.getLastJobId().isEmpty()
                        ? schedule.getLastMessage()
                        : "job " + schedule.getLastJobId());
    }

    @Command(
            name = "rm",
            header = "Delete a schedule. Jobs that it has begun go on.",
            mixinStandardHelpOptions = true)
    int rm(@Parameters(paramLabel = "NAME", description = "Of the schedule.") String name) {
        try (Session session = parent.root.session()) {
            session.services()
                    .jobs(service ->
                            service.deleteSchedule(
                                    NamedSchedule.newBuilder().setName(name).build()));
            session.print(
                    Map.of("deleted", name),
                    () -> session.out().println("Schedule " + name + " is deleted."));
            return ExitCode.OK.code();
        }
    }

    @Command(
            name = "run",
            header = "Begin a schedule's job now. Its times stay as they are.",
            mixinStandardHelpOptions = true)
    int runNow(
            @Parameters(paramLabel = "NAME", description = "Of the schedule.") String name,
            @Option(names = "--wait", description = "Return when the job has ended.")
                    boolean wait) {
        try (Session session = parent.root.session()) {
            return JobCommand.followOrPrint(
                    session,
                    session.services()
                            .jobs(service ->
                                    service.runSchedule(
                                            NamedSchedule.newBuilder().setName(name).build())),
                    wait);
        }
    }
}
