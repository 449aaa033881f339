package io.millrace.console.boot;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.console.overview.OverviewReader;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
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

    void start(@Observes StartupEvent event, ConsoleSettings settings) {
        check("timeout", settings.timeout(), Duration.ofMillis(100), Duration.ofMinutes(1));
        check("interval", settings.interval(), Duration.ofMillis(100), Duration.ofMinutes(1));
        check("jobs", settings.jobs(), 1_000);
        check("viewers", settings.viewers(), 10_000);
    }

    @Produces
    @Singleton
    OverviewReader overviewReader(ConsoleSettings settings) {
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

    static void check(String setting, int value, int most) {
        if (value < 1 || value > most) {
            throw refused(setting, String.valueOf(value), "1 to " + most);
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
