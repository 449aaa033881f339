package io.millrace.standalone.cluster;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Gives out ports of the loopback address: the one a purpose had before, else the preferred one,
 * else any free one. Free ones are looked for below the range that the system takes for outgoing
 * connections, so that none is lost between here and the server that binds it.
 */
final class Ports {

    private static final int FIRST_FREE = 10_000;
    private static final int LAST_FREE = 12_000;
    private static final int TRIES = 1_000;

    /** What to do when a purpose has had no port yet. */
    enum Choice {
        PREFERRED,
        /** For tests, of which several run side by side. */
        ANY
    }

    private final Choice choice;
    private final Map<String, Integer> given;
    private final Set<Integer> taken = new HashSet<>();
    private final Map<String, Integer> replaced = new LinkedHashMap<>();

    Ports(Choice choice, Map<String, Integer> before) {
        this.choice = choice;
        this.given = new LinkedHashMap<>(before);
    }

    /** A port for a process that is about to be started. */
    int take(String purpose, int preferred) {
        Integer before = given.get(purpose);
        if (before != null && isFree(before)) {
            return keep(purpose, before);
        }
        if (choice == Choice.ANY) {
            return keep(purpose, anyFree());
        }
        if (isFree(preferred) && !isPromised(preferred, purpose)) {
            return keep(purpose, preferred);
        }
        replaced.put(purpose, before == null ? preferred : before);
        return keep(purpose, anyFree());
    }

    /** The port of a process that runs already. */
    int holding(String purpose, int preferred) {
        int port = given.getOrDefault(purpose, preferred);
        taken.add(port);
        return port;
    }

    Map<String, Integer> given() {
        return Map.copyOf(given);
    }

    /** Purposes that did not get the port they should have, which was taken, with that port. */
    Map<String, Integer> replaced() {
        return replaced;
    }

    private int keep(String purpose, int port) {
        taken.add(port);
        given.put(purpose, port);
        return port;
    }

    private boolean isPromised(int port, String purpose) {
        return given.entrySet().stream()
                .anyMatch(e -> e.getValue() == port && !e.getKey().equals(purpose));
    }

    private int anyFree() {
        for (int i = 0; i < TRIES; i++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST_FREE, LAST_FREE);
            if (!given.containsValue(port) && isFree(port)) {
                return port;
            }
        }
        throw new MillraceException(
                ErrorCode.UNAVAILABLE,
                "no free port found between " + FIRST_FREE + " and " + LAST_FREE);
    }

    private boolean isFree(int port) {
        return !taken.contains(port) && canBeBound(port);
    }

    /** Whether nobody listens there now. */
    static boolean canBeBound(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
