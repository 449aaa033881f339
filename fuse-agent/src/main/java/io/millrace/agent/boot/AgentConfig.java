package io.millrace.agent.boot;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Settings of the agent ({@code millrace.agent.*}); docs/configuration.md lists them. */
@ConfigMapping(prefix = "millrace.agent")
interface AgentConfig {

    /** Where metadata-service answers gRPC; {@code --metadata-service} comes first. */
    @WithDefault("127.0.0.1:7401")
    String metadataService();

    /** How long to wait for metadata-service at start. */
    @WithDefault("30s")
    Duration connectTimeout();

    /** Of one call to metadata-service; an unknown path waits as long while it is away. */
    @WithDefault("20s")
    Duration metadataTimeout();

    /** Of one read, with all retries at all workers. */
    @WithDefault("40s")
    Duration readTimeout();

    /** How long one worker may send nothing before the next is asked. */
    @WithDefault("15s")
    Duration attemptTimeout();

    /** How long a worker that failed is asked last. */
    @WithDefault("3s")
    Duration suspectTime();

    /** Requests in flight at one worker. */
    @WithDefault("64")
    int connectionsPerWorker();

    /** Names kept with what they lead to. */
    @WithDefault("200000")
    int cachedNames();

    /** Nodes that the kernel is let to hold although nobody uses them. */
    @WithDefault("200000")
    int cachedNodes();

    /** Memory for read-ahead of all open files together. */
    @WithDefault("64MiB")
    String readAhead();

    /** Most bytes that workers are asked to fetch before they are opened. */
    @WithDefault("1GiB")
    String scanAhead();

    /** The host it counts itself to; without it, the one of this kernel. */
    Optional<String> hostId();

    /** How far the kernel reads ahead of sequential reads; needs root. */
    @WithDefault("4MiB")
    String kernelReadAhead();

    /** How long what was known may be believed while metadata-service is away. */
    @WithDefault("24h")
    Duration outage();

    /** Threads that take the kernel's requests; 0: twice the cores, 4 to 16. */
    @WithDefault("0")
    int readers();

    /** Reads that may wait for workers at once, each holding 1 MiB. */
    @WithDefault("64")
    int waitingReads();

    /** How long a mount in use may stay so when the agent stops, before it is taken away. */
    @WithDefault("5s")
    Duration unmountGrace();
}
