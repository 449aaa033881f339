package io.millrace.standalone.cli;

import io.grpc.StatusRuntimeException;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The {@code millrace} command. */
@Command(
        name = "millrace",
        header = "A bucket as a directory, at the speed of a local copy.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            UpCommand.class,
            DownCommand.class,
            DemoCommand.class,
            StatusCommand.class,
            MountCommand.class,
            FsCommand.class,
            WorkerCommand.class,
            JobCommand.class,
            AgentCommand.class
        },
        footer = {
            "",
            "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done in part, 4 job failed, 5 job"
                    + " cancelled."
        },
        mixinStandardHelpOptions = true,
        version = "millrace 0.1.0")
public final class MillraceCli implements Runnable {

    @Option(
            names = "--home",
            paramLabel = "DIR",
            scope = ScopeType.INHERIT,
            description =
                    "Where a local cluster keeps everything (MILLRACE_HOME; default ~/.millrace).")
    @Nullable Path home;

    @Option(
            names = "--format",
            paramLabel = "text|json|csv|jsonl",
            scope = ScopeType.INHERIT,
            defaultValue = "text",
            description =
                    "How results are printed: ${DEFAULT-VALUE} by default; csv and jsonl are for"
                            + " 'job failures'.")
    Format format = Format.TEXT;

    @Option(
            names = "--metadata-service",
            paramLabel = "HOST:PORT",
            scope = ScopeType.INHERIT,
            description = "Which metadata-service to ask, instead of the local cluster's.")
    @Nullable String metadataService;

    @Option(
            names = "--job-service",
            paramLabel = "HOST:PORT",
            scope = ScopeType.INHERIT,
            description = "Which job-service to ask, instead of the local cluster's.")
    @Nullable String jobService;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            scope = ScopeType.INHERIT,
            defaultValue = "60",
            description = "How long one question to a service may take (${DEFAULT-VALUE}).")
    int timeoutSeconds = 60;

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec spec;

    private final Terminal terminal;

    MillraceCli(Terminal terminal) {
        this.terminal = terminal;
    }

    public static void main(String[] arguments) {
        // Libraries say what they think into logs; the command line answers in sentences.
        Logger.getLogger("").setLevel(Level.OFF);
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
        int code = run(Terminal.ofProcess(out, err), arguments);
        out.flush();
        Runtime.getRuntime().exit(code);
    }

    /** Runs one command line and returns its exit code. */
    static int run(Terminal terminal, String... arguments) {
        MillraceCli root = new MillraceCli(terminal);
        CommandLine line =
                new CommandLine(root)
                        .setCaseInsensitiveEnumValuesAllowed(true)
                        .setOut(new PrintWriter(terminal.out(), true))
                        .setErr(new PrintWriter(terminal.err(), true))
                        .setUsageHelpWidth(Math.min(120, Math.max(60, terminal.columns())))
                        .setColorScheme(
                                CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
                        .setParameterExceptionHandler(MillraceCli::usageError)
                        .setExecutionExceptionHandler(MillraceCli::failure);
        return line.execute(arguments);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which command? See 'millrace --help'.");
    }

    Session session() {
        return new Session(this, terminal);
    }

    Terminal terminal() {
        return terminal;
    }

    private static int usageError(ParameterException e, String[] arguments) {
        CommandLine line = e.getCommandLine();
        String command = line.getCommandSpec().qualifiedName();
        String message = sentence(e.getMessage());
        if (e instanceof CommandLine.UnmatchedArgumentException unmatched) {
            String first = unmatched.getUnmatched().getFirst();
            String what =
                    first.startsWith("-")
                            ? "unknown option "
                            : line.getSubcommands().isEmpty()
                                    ? "unexpected argument "
                                    : "unknown command ";
            message = what + "'" + Terminal.printable(first) + "'.";
            if (!unmatched.getSuggestions().isEmpty()) {
                message += " Did you mean '" + unmatched.getSuggestions().getFirst() + "'?";
            }
        }
        line.getErr().println("millrace: " + message + " See '" + command + " --help'.");
        return ExitCode.USAGE.code();
    }

    private static int failure(Exception e, CommandLine line, CommandLine.ParseResult parsed) {
        if (e instanceof MillraceException known) {
            line.getErr().println("millrace: " + Terminal.printableLines(known.getMessage()));
        } else {
            line.getErr()
                    .println("millrace: internal error: " + e + " (MILLRACE_DEBUG=1 prints where)");
        }
        if (System.getenv("MILLRACE_DEBUG") != null) {
            e.printStackTrace(line.getErr());
        }
        return isOfTheCommandLine(e) ? ExitCode.USAGE.code() : ExitCode.FAILURE.code();
    }

    /** A value on the command line was refused before any service was asked. */
    private static boolean isOfTheCommandLine(Exception e) {
        return e instanceof MillraceException known
                && known.code() == ErrorCode.INVALID_ARGUMENT
                && !(known.getCause() instanceof StatusRuntimeException);
    }

    private static String sentence(@Nullable String message) {
        String text = message == null || message.isBlank() ? "Wrong usage" : message.strip();
        String line = text.lines().findFirst().orElse(text);
        return line.endsWith(".") || line.endsWith("?") ? line : line + ".";
    }

    /** How results are printed. */
    enum Format {
        TEXT,
        JSON,
        /** Of listings that may be long, one a line. */
        CSV,
        JSONL;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
