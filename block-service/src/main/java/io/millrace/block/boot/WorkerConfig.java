package io.millrace.block.boot;

import io.millrace.cache.SyncPolicy;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Settings of a worker, {@code millrace.worker.*}; docs/configuration.md says what each means. */
@ConfigMapping(prefix = "millrace.worker")
public interface WorkerConfig {

    Optional<String> id();

    @WithDefault("${user.home}/.millrace/cache")
    List<Path> cacheDirectories();

    @WithDefault("10GiB")
    List<String> capacity();

    @WithDefault("epoch")
    String eviction();

    @WithDefault("1GiB")
    String freeSpaceReserve();

    @WithDefault("complete")
    SyncPolicy sync();

    @WithDefault("8MiB")
    String scrubRate();

    @WithDefault("512")
    int openFiles();

    OptionalLong weight();

    @WithDefault("127.0.0.1")
    String host();

    Optional<String> listen();

    @WithDefault("7500")
    int dataPort();

    @WithDefault("127.0.0.1:7401")
    String metadataService();

    @WithDefault("1s")
    Duration leaseRenewal();

    @WithDefault("2s")
    Duration callTimeout();

    @WithDefault("15s")
    Duration watchSilence();

    @WithDefault("256")
    int maxInFlight();

    @WithDefault("1024")
    int maxConnections();

    @WithDefault("4MiB")
    String sendWindow();

    @WithDefault("60s")
    Duration idleTimeout();

    Fill fill();

    Peers peers();

    Batches batches();

    Residency residency();

    @WithDefault("30s")
    Duration ttlCheck();

    /** Fetching from under stores. */
    interface Fill {
        @WithDefault("32")
        int maxGets();

        @WithDefault("16")
        int maxLoadGets();

        @WithDefault("8MiB")
        String run();

        @WithDefault("32MiB")
        String readAhead();

        @WithDefault("64MiB")
        String buffers();

        @WithDefault("4096")
        int prefetchFiles();

        @WithDefault("60s")
        Duration timeout();
    }

    /** Reading from other workers. */
    interface Peers {
        @WithDefault("32")
        int connections();

        @WithDefault("5s")
        Duration timeout();

        @WithDefault("5s")
        Duration suspectTime();

        @WithDefault("10m")
        Duration handover();
    }

    /** Telling what lies here. */
    interface Residency {
        @WithDefault("30s")
        Duration every();

        @WithDefault("1000000")
        int files();

        @WithDefault("1000")
        int directories();
    }

    /** Running batches of jobs. */
    interface Batches {
        @WithDefault("16")
        int items();

        @WithDefault("2")
        int concurrent();

        @WithDefault("1s")
        Duration retryPause();
    }
}
