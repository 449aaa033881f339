package io.millrace.agent.boot;

import io.millrace.client.ClientSettings;
import io.millrace.model.ByteCount;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.Duration;

/** Checks {@link AgentConfig} and turns it into the settings of the parts. */
final class AgentSettings {

    private static final String PREFIX = "millrace.agent.";

    private AgentSettings() {}

    /**
     * @param metadataService host:port
     * @param subscriber who watches
     * @throws MillraceException INVALID_ARGUMENT, naming the setting
     */
    static ClientSettings client(AgentConfig config, String metadataService, String subscriber) {
        int colon = metadataService.lastIndexOf(':');
        String port = metadataService.substring(colon + 1);
        if (colon <= 0 || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65_535) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "--metadata-service is '" + metadataService + "': it must be host:port");
        }
        return new ClientSettings(
                metadataService.substring(0, colon),
                Integer.parseInt(port),
                subscriber,
                positive("metadata-timeout", config.metadataTimeout()),
                positive("read-timeout", config.readTimeout()),
                positive("attempt-timeout", config.attemptTimeout()),
                config.suspectTime(),
                between("connections-per-worker", config.connectionsPerWorker(), 1, 1024),
                between("cached-names", config.cachedNames(), 1000, 50_000_000),
                bytes("read-ahead", config.readAhead(), 64L << 30),
                bytes("scan-ahead", config.scanAhead(), 1L << 40),
                config.outage(),
                config.hostId().orElse(null));
    }

    static int readers(AgentConfig config) {
        int readers = between("readers", config.readers(), 0, 64);
        int cores = Runtime.getRuntime().availableProcessors();
        return readers == 0 ? Math.clamp(2L * cores, 4, 16) : readers;
    }

    static int waitingReads(AgentConfig config) {
        return between("waiting-reads", config.waitingReads(), 1, 1024);
    }

    static int cachedNodes(AgentConfig config) {
        return between("cached-nodes", config.cachedNodes(), 1000, 50_000_000);
    }

    static long kernelReadAhead(AgentConfig config) {
        return bytes("kernel-read-ahead", config.kernelReadAhead(), 64L << 20);
    }

    private static long bytes(String name, String value, long limit) {
        long bytes = ByteCount.parse(value).bytes();
        if (bytes > limit) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    PREFIX + name + " is " + value + ": at most " + new ByteCount(limit));
        }
        return bytes;
    }

    private static Duration positive(String name, Duration value) {
        if (value.isNegative() || value.isZero() || value.compareTo(Duration.ofHours(1)) > 0) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    PREFIX + name + " is " + value + ": more than 0, at most 1 h");
        }
        return value;
    }

    private static int between(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    PREFIX + name + " is " + value + ": " + least + " to " + most);
        }
        return value;
    }
}
