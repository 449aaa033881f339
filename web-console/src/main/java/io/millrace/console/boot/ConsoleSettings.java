package io.millrace.console.boot;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the console. */
@ConfigMapping(prefix = "millrace.console")
public interface ConsoleSettings {

    /** Where metadata-service answers gRPC: {@code host:port}. */
    @WithDefault("127.0.0.1:7401")
    String metadataService();

    /** Where job-service answers gRPC: {@code host:port}. */
    @WithDefault("127.0.0.1:7405")
    String jobService();

    /** How long a service may take to answer before the page says that it does not. */
    @WithDefault("3s")
    Duration timeout();

    /** How often the services are asked while somebody looks; 100 ms to 1 min. */
    @WithDefault("500ms")
    Duration interval();

    /** How many of the newest jobs are shown; 1 to 1,000. */
    @WithDefault("50")
    int jobs();

    /** How many browser tabs may follow at once; 1 to 10,000. */
    @WithDefault("200")
    int viewers();
}
