package io.millrace.job.testing;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;

/** Says where the service will look for the metadata-service, and where it will listen itself. */
public final class FreePorts implements QuarkusTestResourceLifecycleManager {

    public static final String METADATA = "millrace.jobs.metadata-service";
    public static final String GRPC = "quarkus.grpc.server.test-port";

    @Override
    public Map<String, String> start() {
        return Map.of(METADATA, "127.0.0.1:" + free(), GRPC, free());
    }

    private static String free() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return Integer.toString(socket.getLocalPort());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void stop() {}
}
