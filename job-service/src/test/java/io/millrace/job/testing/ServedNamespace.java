package io.millrace.job.testing;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The namespace of the service under test: one server, bound once, for the service keeps its
 * address. Fields of type {@link FakeNamespace} of the tests are set to it.
 */
public final class ServedNamespace implements QuarkusTestResourceLifecycleManager {

    public static final String GRPC = "quarkus.grpc.server.test-port";

    private static final int FIRST = 12_000;
    private static final int LAST = 14_000;
    private static final int TRIES = 1_000;

    private @Nullable FakeNamespace namespace;

    @Override
    public Map<String, String> start() {
        FakeNamespace started;
        try {
            started = new FakeNamespace();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        namespace = started;
        return Map.of(
                "millrace.jobs.metadata-service",
                started.address(),
                GRPC,
                Integer.toString(freePort()));
    }

    @Override
    public void inject(TestInjector injector) {
        injector.injectIntoFields(namespace, new TestInjector.MatchesType(FakeNamespace.class));
    }

    /**
     * A port for the service itself, from below the range that the system commonly gives to
     * outgoing connections, lest one of those takes it before the service does.
     */
    private static int freePort() {
        for (int i = 0; i < TRIES; i++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
            if (canBeBound(port)) {
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
    public void stop() {
        if (namespace != null) {
            namespace.close();
        }
    }
}
