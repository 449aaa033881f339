package io.millrace.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * What the main classes of JVM servers share: their command line ({@code directory port lifetime
 * key=value...}), saying that they are ready, and ending with their parent.
 *
 * @param directory of the server
 * @param port to listen on
 * @param lifetime how long to live
 * @param parameters the rest
 */
record JvmServerMain(Path directory, int port, Lifetime lifetime, Map<String, String> parameters) {

    private static final long SHUTDOWN_LIMIT_MILLIS = 8_000;

    static JvmServerMain parse(String... arguments) {
        Map<String, String> parameters = new HashMap<>();
        for (int i = 3; i < arguments.length; i++) {
            int equals = arguments[i].indexOf('=');
            parameters.put(arguments[i].substring(0, equals), arguments[i].substring(equals + 1));
        }
        return new JvmServerMain(
                Path.of(arguments[0]),
                Integer.parseInt(arguments[1]),
                Lifetime.valueOf(arguments[2]),
                parameters);
    }

    /** Runs {@code server} until the process is told to end, or its parent has. */
    @SuppressWarnings("CatchAndPrintStackTrace")
    void run(Server server) {
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server), "stop"));
            if (lifetime == Lifetime.WITH_PARENT) {
                Thread.ofPlatform().daemon().name("parent-watch").start(JvmServerMain::watchParent);
            }
            server.start();
            new ServerState(ProcessHandle.current().pid(), port).write(directory);
            System.out.println("ready on 127.0.0.1:" + port);
            server.awaitEnd();
        } catch (Exception e) {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }

    private static void stop(Server server) {
        Thread.ofPlatform().daemon().start(JvmServerMain::haltAfterLimit);
        try {
            server.stop();
        } catch (Exception e) {
            System.out.println("stopping failed: " + e);
        }
    }

    private static void haltAfterLimit() {
        try {
            Thread.sleep(SHUTDOWN_LIMIT_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(1);
    }

    /** The other end of standard input is the parent's: it closes when the parent is gone. */
    @SuppressWarnings("SystemExitOutsideMain")
    private static void watchParent() {
        try {
            // Nothing is ever said over this pipe.
            System.in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            System.out.println("the pipe from the parent broke: " + e);
        }
        System.exit(0);
    }

    /** A server that can be run in this process. */
    interface Server {
        void start() throws Exception;

        void awaitEnd() throws Exception;

        void stop() throws Exception;
    }
}
