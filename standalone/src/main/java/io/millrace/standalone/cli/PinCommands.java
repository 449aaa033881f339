package io.millrace.standalone.cli;

import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobKind;
import io.millrace.contracts.v1.ListPinsRequest;
import io.millrace.contracts.v1.Pin;
import io.millrace.contracts.v1.PolicyAttribute;
import io.millrace.contracts.v1.SubmitJobRequest;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicy;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code millrace fs pin} and {@code unpin}. */
final class PinCommands {

    private PinCommands() {}

    /** {@code fs pin}. */
    @Command(
            name = "pin",
            header = "Load everything under a path, and keep it cached.",
            mixinStandardHelpOptions = true)
    static final class Set extends PolicyCommands.OnPath {

        @Option(
                names = "--wait",
                description = "Return when all is loaded; show the progress until then.")
        boolean wait;

        @Override
        public Integer call() {
            NamespacePath at = NamespacePath.parse(path);
            try (Session session = fs.root.session()) {
                FsCommand.resolve(session, at);
                PathPolicy pinned = new PathPolicy(true, null, null, null, null, null);
                Views.PolicyView policy =
                        Views.PolicyView.of(PolicyCommands.set(session, at, pinned));
                Job submitted = load(session, at);
                Job job = wait ? new JobFollower(session).follow(submitted.getId()) : submitted;
                session.print(
                        new Views.PinnedView(policy, JobViews.JobView.of(job)),
                        () -> {
                            session.out().println("pinned " + Terminal.printable(policy.path()));
                            if (wait) {
                                JobReport.printOutcome(session.out(), job);
                            } else {
                                JobReport.printState(session.out(), job);
                            }
                        });
                return JobReport.exitCode(job).code();
            }
        }

        /** The load of the path: a new one, or the one that runs already. */
        private static Job load(Session session, NamespacePath path) {
            try {
                return session.services()
                        .jobs(service ->
                                service.submit(
                                        SubmitJobRequest.newBuilder()
                                                .setKind(JobKind.JOB_KIND_LOAD)
                                                .setPath(path.toString())
                                                .build()));
            } catch (MillraceException e) {
                if (e.code() != ErrorCode.ALREADY_EXISTS) {
                    throw new MillraceException(
                            e.code(),
                            path + " is pinned, but its load was not started: " + e.getMessage(),
                            e);
                }
                return JobCommand.get(
                        session,
                        JobCommand.newest(session, JobKind.JOB_KIND_LOAD, path.toString()));
            }
        }
    }

    /** {@code fs pins}. */
    @Command(
            name = "pins",
            header = "Say how much of what is pinned is really there.",
            mixinStandardHelpOptions = true)
    static final class ListAll implements Callable<Integer> {

        @ParentCommand
        @SuppressWarnings("NullAway.Init")
        FsCommand fs;

        @Override
        public Integer call() {
            try (Session session = fs.root.session()) {
                List<Pin> pins =
                        session.services()
                                .jobs(service ->
                                        service.listPins(ListPinsRequest.getDefaultInstance())
                                                .getPinsList());
                session.print(
                        Map.of("pins", pins.stream().map(Views.PinView::of).toList()),
                        () -> print(session, pins));
                return ExitCode.OK.code();
            }
        }

        private static void print(Session session, List<Pin> pins) {
            if (pins.isEmpty()) {
                session.out().println("Nothing is pinned.");
                return;
            }
            Table table = new Table("PATH", ">FILES", ">BYTES", ">%", "CHECKED", "JOB", "MESSAGE");
            for (Pin pin : pins) {
                boolean seen = pin.getCheckedMillis() > 0;
                table.row(
                        pin.getPath(),
                        seen ? pin.getResidentFiles() + "/" + pin.getFiles() : "-",
                        seen
                                ? Views.bytes(pin.getResidentBytes())
                                        + "/"
                                        + Views.bytes(pin.getBytes())
                                : "-",
                        seen ? CachedBytes.percent(pin.getResidentBytes(), pin.getBytes()) : "-",
                        Views.time(pin.getCheckedMillis()),
                        pin.getJobId().isEmpty() ? "-" : pin.getJobId(),
                        pin.getMessage().isEmpty() ? "-" : pin.getMessage());
            }
            table.print(session.out());
        }
    }

    /** {@code fs unpin}. */
    @Command(
            name = "unpin",
            header = "No longer keep a path cached. Frees nothing by itself.",
            mixinStandardHelpOptions = true)
    static final class Unpin extends PolicyCommands.OnPath {

        @Override
        public Integer call() {
            NamespacePath at = NamespacePath.parse(path);
            try (Session session = fs.root.session()) {
                Views.PolicyView policy =
                        Views.PolicyView.of(
                                PolicyCommands.remove(
                                        session, at, PolicyAttribute.POLICY_ATTRIBUTE_PINNED));
                session.print(
                        policy,
                        () ->
                                session.out()
                                        .println("unpinned " + Terminal.printable(policy.path())));
                return ExitCode.OK.code();
            }
        }
    }
}
