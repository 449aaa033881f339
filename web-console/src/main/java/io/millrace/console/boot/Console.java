package io.millrace.console.boot;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.console.overview.OverviewReader;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** Makes what the console needs from its settings, and ends it. */
@ApplicationScoped
public class Console {

    private final List<ManagedChannel> channels = new ArrayList<>();

    @Produces
    @Singleton
    OverviewReader overviewReader(ConsoleSettings settings) {
        check("timeout", settings.timeout(), Duration.ofMillis(100), Duration.ofMinutes(1));
        if (settings.jobs() < 1 || settings.jobs() > 1_000) {
            throw refused("jobs", String.valueOf(settings.jobs()), "1 to 1000");
        }
        return new OverviewReader(
                service("metadata-service", settings.metadataService()),
                service("job-service", settings.jobService()),
                settings.timeout(),
                settings.jobs(),
                InstantSource.system());
    }

    private OverviewReader.Service service(String name, String address) {
        ManagedChannel channel = NettyChannelBuilder.forTarget(address).usePlaintext().build();
        channels.add(channel);
        return new OverviewReader.Service(name, address, channel);
    }

    static void check(String setting, Duration value, Duration least, Duration most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw refused(
                    setting,
                    value.toMillis() + " ms",
                    least.toMillis() + " ms to " + most.toMillis() + " ms");
        }
    }

    static MillraceException refused(String setting, String value, String bounds) {
        return new MillraceException(
                ErrorCode.INVALID_ARGUMENT,
                "millrace.console." + setting + " is " + value + ": " + bounds + " are possible");
    }

    @PreDestroy
    void close() {
        channels.forEach(ManagedChannel::shutdownNow);
    }
}
