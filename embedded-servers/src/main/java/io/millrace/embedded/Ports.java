package io.millrace.embedded;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;

/**
 * Finds free ports of 127.0.0.1. Free ones are drawn at random from below the kernel's ephemeral
 * range (32,768 to 60,999), so that neither outgoing connections nor servers started at the same
 * moment are likely to take them before they are bound.
 */
final class Ports {

    private static final int FIRST = 12_000;
    private static final int LAST = 32_000;
    private static final int DRAWS = 200;

    private Ports() {}

    static int choose(PortChoice choice, OptionalInt lastUsed, String subject) {
        return switch (choice) {
            case PortChoice.Exactly(int port) -> {
                if (!isFree(port)) {
                    throw busy(subject, port);
                }
                yield port;
            }
            case PortChoice.Preferably(int port) -> isFree(port) ? port : free(lastUsed, subject);
            case PortChoice.Any() -> free(lastUsed, subject);
        };
    }

    static MillraceException busy(String subject, int port) {
        return new MillraceException(
                ErrorCode.CONFLICT,
                subject
                        + " cannot listen on 127.0.0.1:"
                        + port
                        + ": the port is in use; choose another one, or 0 for any free one");
    }

    static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    static int free(OptionalInt lastUsed, String subject) {
        if (lastUsed.isPresent() && isFree(lastUsed.getAsInt())) {
            return lastUsed.getAsInt();
        }
        RandomGenerator random = RandomGenerator.getDefault();
        for (int draw = 0; draw < DRAWS; draw++) {
            int port = random.nextInt(FIRST, LAST);
            if (isFree(port)) {
                return port;
            }
        }
        throw new MillraceException(
                ErrorCode.UNAVAILABLE,
                subject + " finds no free port on 127.0.0.1 between " + FIRST + " and " + LAST);
    }
}
