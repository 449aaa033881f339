package io.millrace.block.boot;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.block.batch.BatchMeter;
import io.millrace.block.dataport.DataPortMeter;
import io.millrace.block.dataport.DataPortServer;
import io.millrace.block.fill.FillMeter;
import io.millrace.block.fill.Filler;
import io.millrace.block.fill.Prefetches;
import io.millrace.block.known.KnownFiles;
import io.millrace.block.peers.PeerMeter;
import io.millrace.block.policies.Quotas;
import io.millrace.block.policies.TtlSweep;
import io.millrace.cache.CacheStore;
import io.millrace.cache.CacheUsage;
import io.millrace.model.ErrorCode;
import io.millrace.understore.BucketLimits;
import io.millrace.understore.UnderStoreListener.Verb;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Every metric of a worker, declared once; docs/metrics.md lists them. */
final class BlockMetrics implements FillMeter, PeerMeter, DataPortMeter, BatchMeter {

    private static final String PREFIX = "millrace.worker.";
    private static final String BYTES = "bytes";

    private final MeterRegistry registry;
    private final Counter hits;
    private final Counter hitBytes;
    private final Counter misses;
    private final Counter missBytes;
    private final Counter fetchedBytes;
    private final Counter requests;
    private final Counter uncachedBytes;
    private final Counter fetchFailures;
    private final Counter peerBytes;
    private final Counter peerRefusals;
    private final Counter peerCorrupt;
    private final Counter servedBytes;
    private final Counter brokenAnswers;
    private final Counter batches;
    private final Counter unreadable;
    private final Counter expired;
    private final Map<ErrorCode, Counter> refused = new EnumMap<>(ErrorCode.class);

    BlockMetrics(MeterRegistry registry) {
        this.registry = registry;
        hits = counter("reads.hit", "Reads that found all bytes in the cache", null);
        hitBytes = counter("reads.hit", "Bytes of these reads", BYTES);
        misses = counter("reads.miss", "Reads that lacked bytes", null);
        missBytes = counter("reads.miss", "Bytes of these reads", BYTES);
        fetchedBytes = counter("fetched", "Bytes that came from under stores", BYTES);
        requests = counter("fetch.requests", "Requests at under stores", null);
        uncachedBytes =
                counter("fetched.uncached", "Fetched bytes the cache had no room for", BYTES);
        fetchFailures = counter("fetch.failures", "Fetches that failed", null);
        peerBytes = counter("peer", "Bytes that came from other workers", BYTES);
        peerRefusals = counter("peer.refusals", "Chunks another worker did not give", null);
        peerCorrupt = counter("peer.corrupt", "Chunks another worker gave wrong twice", null);
        servedBytes = counter("served", "Bytes sent by the data port", BYTES);
        brokenAnswers = counter("answers.broken", "Answers that broke off half way", null);
        batches = counter("batches", "Batches run, with their result published", null);
        unreadable = counter("batches.unreadable", "Messages that were no batch", null);
        expired = counter("batches.expired", "Batches that came after their time", null);
        for (ErrorCode code : ErrorCode.values()) {
            refused.put(
                    code,
                    Counter.builder(PREFIX + "answers.refused")
                            .description("Answers of the data port with an error")
                            .tag("code", code.name())
                            .register(registry));
        }
    }

    private Counter counter(
            String name, String description, @org.jspecify.annotations.Nullable String unit) {
        return Counter.builder(PREFIX + name + (unit == null ? "" : "." + unit))
                .description(description)
                .register(registry);
    }

    /** Watches what has a size. */
    void watch(CacheStore cache, Filler filler, Prefetches prefetches, DataPortServer port) {
        gauge("cache.capacity.bytes", "The cache's budget", cache, c -> c.usage().capacityBytes());
        gauge("cache.used.bytes", "Bytes of it that are used", cache, c -> c.usage().usedBytes());
        gauge("cache.files", "Files cached in whole or part", cache, c -> c.usage().files());
        gauge(
                "cache.directories.retired",
                "Cache directories whose disk has failed",
                cache,
                c -> c.usage().retiredDirectories());
        gauge("fetch.in.flight", "Requests at under stores now", filler, Filler::getsInFlight);
        gauge(
                "fetch.buffered.bytes",
                "Memory of bytes on their way",
                filler,
                Filler::bufferedBytes);
        gauge("prefetch.waiting", "Files to be fetched ahead", prefetches, Prefetches::waiting);
        FunctionCounter.builder(PREFIX + "prefetch.files", prefetches, Prefetches::accepted)
                .description("Files taken to be fetched before they are read")
                .register(registry);
        gauge("requests.in.flight", "Data port requests now", port, DataPortServer::inFlight);
        count(cache, "cache.evicted.files", "Files dropped for room", CacheUsage::evictedFiles);
        count(cache, "cache.evicted.bytes", "Bytes dropped for room", CacheUsage::evictedBytes);
        count(cache, "cache.refused.bytes", "Bytes that found no room", CacheUsage::refusedBytes);
        gauge(
                "cache.scrub.pass.seconds",
                "How long the last whole pass of the scrubber took",
                cache,
                c -> c.usage().scrubPassMillis() / 1000.0);
        count(
                cache,
                "cache.scrubbed.bytes",
                "Bytes verified in the background",
                CacheUsage::scrubbedBytes);
        count(
                cache,
                "cache.promoted.bytes",
                "Bytes moved to a faster directory",
                CacheUsage::promotedBytes);
        count(
                cache,
                "cache.demoted.bytes",
                "Bytes moved to a slower directory for room",
                CacheUsage::demotedBytes);
        count(
                cache,
                "cache.write.failures",
                "Chunks the disk failed to take",
                CacheUsage::writeFailures);
        count(
                cache,
                "cache.corrupt.chunks",
                "Chunks dropped for a wrong checksum",
                CacheUsage::corruptChunks);
    }

    /** Watches what buckets bear. */
    void watch(BucketLimits limits) {
        gauge(
                "fetch.limit",
                "Reads that the bucket which bears least is asked at once",
                limits,
                l -> l.lowest(Verb.READ));
        FunctionCounter.builder(
                        PREFIX + "fetch.limit.decreases", limits, l -> l.decreases(Verb.READ))
                .description("How often a bucket asked for less, and was asked half as much")
                .register(registry);
    }

    /** Watches what is known of files, and what is freed by time. */
    void watch(KnownFiles known, TtlSweep ttl, Quotas quotas) {
        FunctionCounter.builder(PREFIX + "quota.refused.bytes", quotas, Quotas::refusedBytes)
                .description("Bytes not cached because a quota was used up")
                .register(registry);
        gauge("known.files", "Files whose directories are known", known, KnownFiles::size);
        FunctionCounter.builder(PREFIX + "ttl.freed.files", ttl, TtlSweep::freedFiles)
                .description("Files freed because nobody asked for them in their TTL")
                .register(registry);
        FunctionCounter.builder(PREFIX + "ttl.freed.bytes", ttl, TtlSweep::freedBytes)
                .description("Bytes of these")
                .register(registry);
    }

    private <T> void gauge(String name, String description, T subject, ToDoubleFunction<T> value) {
        Gauge.builder(PREFIX + name, subject, value).description(description).register(registry);
    }

    private void count(
            CacheStore cache, String name, String description, ToDoubleFunction<CacheUsage> value) {
        FunctionCounter.builder(PREFIX + name, cache, store -> value.applyAsDouble(store.usage()))
                .description(description)
                .register(registry);
    }

    @Override
    public void hit(long bytes) {
        hits.increment();
        hitBytes.increment(bytes);
    }

    @Override
    public void miss(long bytes) {
        misses.increment();
        missBytes.increment(bytes);
    }

    @Override
    public void fetched(long bytes) {
        fetchedBytes.increment(bytes);
    }

    @Override
    public void request() {
        requests.increment();
    }

    @Override
    public void uncached(long bytes) {
        uncachedBytes.increment(bytes);
    }

    @Override
    public void failed() {
        fetchFailures.increment();
    }

    @Override
    public void read(long bytes) {
        peerBytes.increment(bytes);
    }

    @Override
    public void refused() {
        peerRefusals.increment();
    }

    @Override
    public void corrupt() {
        peerCorrupt.increment();
    }

    @Override
    public void served(long bytes) {
        servedBytes.increment(bytes);
    }

    @Override
    public void refused(ErrorCode code) {
        Counter counter = refused.get(code);
        if (counter != null) {
            counter.increment();
        }
    }

    @Override
    public void broken() {
        brokenAnswers.increment();
    }

    @Override
    public void finished() {
        batches.increment();
    }

    @Override
    public void unreadable() {
        unreadable.increment();
    }

    @Override
    public void expired() {
        expired.increment();
    }
}
