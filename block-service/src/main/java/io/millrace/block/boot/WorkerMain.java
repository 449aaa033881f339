package io.millrace.block.boot;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The worker's process. What can be wrong with settings and ports is found before Quarkus starts,
 * and said in one sentence; then the exit code is 1.
 */
@QuarkusMain
public class WorkerMain implements QuarkusApplication {

    private static final Pattern UNKNOWN_SETTING =
            Pattern.compile("(\\S+) in \\S+ does not map to any root");

    private final WorkerLifecycle lifecycle;

    WorkerMain(WorkerLifecycle lifecycle) {
        this.lifecycle = lifecycle;
    }

    /** Takes settings only: system properties and environment. */
    public static void main(String... arguments) {
        try {
            if (arguments.length > 0) {
                throw new MillraceException(
                        ErrorCode.INVALID_ARGUMENT,
                        "unknown argument '"
                                + arguments[0]
                                + "': a worker takes settings as -Dmillrace.worker.NAME=VALUE");
            }
            prepare();
        } catch (MillraceException e) {
            say(e);
            System.exit(1);
            return;
        }
        Quarkus.run(WorkerMain.class, arguments);
    }

    @Override
    public int run(String... arguments) {
        try {
            lifecycle.start();
        } catch (MillraceException e) {
            say(e);
            return 1;
        }
        Quarkus.waitForExit();
        return 0;
    }

    private static void prepare() {
        SmallRyeConfig config;
        try {
            config =
                    new SmallRyeConfigBuilder()
                            .addDefaultInterceptors()
                            .addDefaultSources()
                            .addDiscoveredConverters()
                            .withMapping(WorkerConfig.class)
                            .build();
        } catch (ConfigValidationException e) {
            StringBuilder problems = new StringBuilder();
            for (int i = 0; i < e.getProblemCount(); i++) {
                problems.append(i == 0 ? "" : "; ").append(plain(e.getProblem(i).getMessage()));
            }
            throw new MillraceException(ErrorCode.INVALID_ARGUMENT, problems.toString(), e);
        }
        WorkerSettings.of(config.getConfigMapping(WorkerConfig.class));
        claim(config, "quarkus.http", "127.0.0.1", 7502);
        claim(config, "quarkus.grpc.server", "127.0.0.1", 7501);
    }

    /** The library's message without its codes and class names. */
    private static String plain(String problem) {
        Matcher unknown = UNKNOWN_SETTING.matcher(problem);
        return unknown.find()
                ? "unknown setting '" + unknown.group(1) + "'"
                : problem.replaceAll("(java\\.[\\w.]+Exception: )|(SRCFG\\d+: )", "");
    }

    /** Checks that a port is free, and chooses one where any will do. */
    private static void claim(
            SmallRyeConfig config, String prefix, String defaultHost, int defaultPort) {
        String host = config.getOptionalValue(prefix + ".host", String.class).orElse(defaultHost);
        int port = config.getOptionalValue(prefix + ".port", Integer.class).orElse(defaultPort);
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
            System.setProperty(prefix + ".port", Integer.toString(socket.getLocalPort()));
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "port "
                            + host
                            + ":"
                            + port
                            + " cannot be opened: "
                            + e.getMessage()
                            + "; set "
                            + prefix
                            + ".port to a free one, or to 0",
                    e);
        }
    }

    private static void say(MillraceException e) {
        System.err.println("millrace worker: " + e.getMessage());
    }
}
