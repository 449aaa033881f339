package io.millrace.standalone.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.millrace.standalone.cluster.ClusterState;
import io.millrace.standalone.cluster.Endpoints;
import io.millrace.standalone.cluster.Home;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What one command has at hand: options of the whole line, services to ask, a place to print. */
final class Session implements AutoCloseable {

    private static final ObjectMapper JSON =
            new ObjectMapper()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .setDefaultPropertyInclusion(JsonInclude.Include.NON_ABSENT);

    private static final ObjectWriter LINE =
            JSON.writer().without(SerializationFeature.INDENT_OUTPUT);

    private final MillraceCli options;
    private final Terminal terminal;
    private @Nullable Services services;

    Session(MillraceCli options, Terminal terminal) {
        this.options = options;
        this.terminal = terminal;
    }

    Home home() {
        return Home.of(options.home);
    }

    Terminal terminal() {
        return terminal;
    }

    PrintStream out() {
        return terminal.out();
    }

    MillraceCli.Format format() {
        return options.format;
    }

    boolean isJson() {
        return options.format == MillraceCli.Format.JSON;
    }

    /** Progress for people: standard output, or standard error when that is for JSON. */
    PrintStream talk() {
        return isJson() ? terminal.err() : terminal.out();
    }

    Duration timeout() {
        return Duration.ofSeconds(Math.max(1, options.timeoutSeconds));
    }

    /** Named by option, else the local cluster's. */
    Services services() {
        if (services == null) {
            services =
                    new Services(
                            () -> address(options.metadataService, Endpoints::metadataService),
                            () -> address(options.jobService, Endpoints::jobService),
                            timeout());
        }
        return services;
    }

    @Nullable String namedMetadataService() {
        return options.metadataService;
    }

    private String address(
            @Nullable String named, java.util.function.Function<Endpoints, String> ofLocal) {
        if (named != null) {
            return named;
        }
        return ofLocal.apply(endpoints());
    }

    /** Of the local cluster. */
    Endpoints endpoints() {
        Home home = home();
        Optional<ClusterState> state = ClusterState.read(home);
        if (state.isEmpty() || !state.get().isRunning()) {
            throw Failures.notRunning(home);
        }
        return state.get().endpoints();
    }

    /** Prints {@code value} as JSON when that was asked for, else lets {@code text} print. */
    void print(Object value, Runnable text) {
        if (isJson()) {
            try {
                out().println(JSON.writeValueAsString(value));
            } catch (JsonProcessingException e) {
                throw new IllegalStateException(e);
            }
        } else {
            text.run();
        }
    }

    /** Prints {@code value} as one line of JSON. */
    void printLine(Object value) {
        try {
            out().print(LINE.writeValueAsString(value) + "\n");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        if (services != null) {
            services.close();
        }
    }
}
