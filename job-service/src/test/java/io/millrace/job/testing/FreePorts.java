package io.millrace.job.testing;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Says where the service will look for the metadata-service, and where it will listen itself. Both
 * ports are bound and left many times by the tests, and so are taken from below the range that the
 * system gives to outgoing connections: one of those would keep the next test from binding.
 */
public final class FreePorts implements QuarkusTestResourceLifecycleManager {

    public static final String METADATA = "millrace.jobs.metadata-service";
    public static final String GRPC = "quarkus.grpc.server.test-port";

    private static final int FIRST = 12_000;
    private static final int LAST = 14_000;
    private static final int TRIES = 1_000;

    @Override
    public Map<String, String> start() {
        int metadata = free(0);
        return Map.of(METADATA, "127.0.0.1:" + metadata, GRPC, Integer.toString(free(metadata)));
    }

    private static int free(int taken) {
        for (int i = 0; i < TRIES; i++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
            if (port != taken && canBeBound(port)) {
                return port;
            }
        }
        throw new IllegalStateException("no free port between " + FIRST + " and " + LAST);
    }

    private static boolean canBeBound(int port) {
        try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void stop() {}
}
