package io.millrace.standalone.cli;

import io.millrace.contracts.v1.AddMountRequest;
import io.millrace.contracts.v1.GetFreshnessRequest;
import io.millrace.contracts.v1.ListMountsRequest;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.MountFreshness;
import io.millrace.contracts.v1.MountOptions;
import io.millrace.contracts.v1.RemoveMountRequest;
import io.millrace.model.ByteCount;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** The mount table. */
@Command(
        name = "mount",
        header = "The mount table: which bucket appears where.",
        synopsisSubcommandLabel = "(add | ls | rm | freshness)",
        mixinStandardHelpOptions = true)
final class MountCommand implements Runnable {

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    MillraceCli root;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which of add, ls, rm and freshness?");
    }

    @Command(
            name = "add",
            header = "Show a bucket, or a part of it, or a directory, under a path.",
            mixinStandardHelpOptions = true)
    int add(
            @Parameters(paramLabel = "PATH", description = "Where it appears: /imagenet.")
                    String path,
            @Parameters(
                            paramLabel = "URI",
                            description = "What: s3://bucket/prefix/ or file:///directory/.")
                    String uri,
            @Option(names = "--endpoint", description = "Of an S3 server that is not AWS.")
                    @Nullable String endpoint,
            @Option(names = "--region", description = "Of the bucket (us-east-1).")
                    @Nullable String region,
            @Option(names = "--path-style", description = "ENDPOINT/BUCKET/KEY requests.")
                    boolean pathStyle,
            @Option(
                            names = "--credentials",
                            paramLabel = "REFERENCE",
                            description =
                                    "anonymous, default, profile:NAME, file:PATH or env:PREFIX.")
                    @Nullable String credentials,
            @Option(
                            names = "--freshness",
                            paramLabel = "HOW",
                            description =
                                    "max-age: ask the bucket again when what is known is older"
                                            + " (default); events: follow what the bucket says of"
                                            + " itself; immutable: nothing ever changes.")
                    @Nullable String freshness,
            @Option(
                            names = "--max-age",
                            paramLabel = "DURATION",
                            description =
                                    "How old what is known of a directory may be: 500ms, 60s, 5m.")
                    @Nullable String maxAge,
            @Option(
                            names = "--block-size",
                            paramLabel = "SIZE",
                            description = "Unit of placement: a multiple of 1MiB (64MiB).")
                    @Nullable String blockSize,
            @Option(
                            names = "--direct-fallback",
                            description =
                                    "Agents may read the bucket themselves when no worker answers.")
                    boolean directFallback,
            @Option(
                            names = "--object-attributes",
                            description =
                                    "Files have the uid, gid, mode and mtime that s3fs or rclone"
                                            + " wrote to their objects; one HEAD for each new or"
                                            + " changed object.")
                    boolean objectAttributes) {
        MountOptions.Builder options =
                MountOptions.newBuilder()
                        .setPathStyle(pathStyle)
                        .setDirectFallback(directFallback)
                        .setObjectAttributes(objectAttributes);
        if (endpoint != null) {
            options.setEndpoint(endpoint);
        }
        if (region != null) {
            options.setRegion(region);
        }
        if (credentials != null) {
            options.setCredentials(credentials);
        }
        if (freshness != null) {
            options.setFreshness(Views.freshness(freshness));
        }
        if (maxAge != null) {
            options.setMaxAgeMillis(duration("--max-age", maxAge).toMillis());
        }
        if (blockSize != null) {
            options.setBlockBytes(ByteCount.parse(blockSize).bytes());
        }
        String where = NamespacePath.parse(path).toString();
        try (Session session = root.session()) {
            Mount mount =
                    session.services()
                            .metadata(service ->
                                    service.addMount(
                                            AddMountRequest.newBuilder()
                                                    .setPath(where)
                                                    .setUri(uri)
                                                    .setOptions(options)
                                                    .build()));
            session.print(
                    Views.MountView.of(mount),
                    () ->
                            session.out()
                                    .println(
                                            "mounted "
                                                    + Terminal.printable(mount.getUri())
                                                    + " at "
                                                    + Terminal.printable(mount.getPath())));
            return ExitCode.OK.code();
        }
    }

    @Command(name = "ls", header = "List the mounts.", mixinStandardHelpOptions = true)
    int ls() {
        try (Session session = root.session()) {
            List<Mount> mounts =
                    session.services()
                            .metadata(service ->
                                    service.listMounts(ListMountsRequest.getDefaultInstance())
                                            .getMountsList());
            session.print(
                    Map.of("mounts", mounts.stream().map(Views.MountView::of).toList()),
                    () -> print(session, mounts));
            return ExitCode.OK.code();
        }
    }

    private static void print(Session session, List<Mount> mounts) {
        if (mounts.isEmpty()) {
            session.out().println("Nothing is mounted; 'millrace mount add PATH URI' does it.");
            return;
        }
        Table table =
                new Table(
                        "PATH",
                        "URI",
                        "ENDPOINT",
                        "CREDENTIALS",
                        "FRESHNESS",
                        ">MAX AGE",
                        ">BLOCK");
        for (Mount mount : mounts) {
            MountOptions options = mount.getOptions();
            table.row(
                    mount.getPath(),
                    mount.getUri(),
                    options.getEndpoint().isEmpty() ? "-" : options.getEndpoint(),
                    options.getCredentials().isEmpty() ? "default" : options.getCredentials(),
                    Views.name(options.getFreshness()),
                    options.getMaxAgeMillis() == 0
                            ? "default"
                            : Views.millis(options.getMaxAgeMillis()),
                    options.getBlockBytes() == 0 ? "64 MiB" : Views.bytes(options.getBlockBytes()));
        }
        table.print(session.out());
    }

    @Command(
            name = "freshness",
            header = "Say how true what is known of a mount is.",
            mixinStandardHelpOptions = true)
    int freshness(@Parameters(paramLabel = "PATH", description = "Of the mount.") String path) {
        String where = NamespacePath.parse(path).toString();
        try (Session session = root.session()) {
            MountFreshness now =
                    session.services()
                            .metadata(service ->
                                    service.getFreshness(
                                            GetFreshnessRequest.newBuilder()
                                                    .setMountPath(where)
                                                    .build()));
            session.print(
                    Views.FreshnessView.of(now), () -> print(session, Views.FreshnessView.of(now)));
            return ExitCode.OK.code();
        }
    }

    private static void print(Session session, Views.FreshnessView now) {
        Table table = new Table("WHAT", "IS");
        table.row("freshness", now.freshness());
        table.row("listed again after", Views.millis(now.maxAgeMillis()));
        table.row("events", now.events());
        table.row("waiting", now.waitingMessages() + " messages");
        table.row("newest event", now.newestEvent() == null ? "-" : now.newestEvent());
        table.row(
                "applied",
                "%d events, half within %d ms, 99 %% within %d ms"
                        .formatted(now.appliedEvents(), now.medianMillis(), now.p99Millis()));
        table.row("unreadable", now.deadMessages() + " messages");
        table.row("missed until", now.trustedFrom() == null ? "-" : now.trustedFrom());
        table.print(session.out());
    }

    @Command(
            name = "rm",
            header = "Take a mount away. Nothing in the bucket changes.",
            mixinStandardHelpOptions = true)
    int rm(@Parameters(paramLabel = "PATH", description = "Of the mount.") String path) {
        String where = NamespacePath.parse(path).toString();
        try (Session session = root.session()) {
            session.services()
                    .metadata(service ->
                            service.removeMount(
                                    RemoveMountRequest.newBuilder().setPath(where).build()));
            session.print(
                    Map.of("removed", where),
                    () -> session.out().println("removed the mount " + where));
            return ExitCode.OK.code();
        }
    }

    private static final Pattern DURATION = Pattern.compile("(\\d{1,12})(ms|s|m|h|d)?");

    /** Reads {@code 500ms}, {@code 60s}, {@code 5m}, {@code 1h}, {@code 2d}; a bare number: s. */
    static Duration duration(String option, String text) {
        Matcher matcher = DURATION.matcher(text.strip());
        if (!matcher.matches()) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    option + " " + text + " is not a duration: 500ms, 60s, 5m, 1h or 2d");
        }
        long number = Long.parseLong(matcher.group(1));
        String unit = matcher.group(2);
        return switch (unit == null ? "s" : unit) {
            case "ms" -> Duration.ofMillis(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            case "d" -> Duration.ofDays(number);
            default -> Duration.ofSeconds(number);
        };
    }
}
