package io.millrace.understore;

import io.millrace.understore.UnderStoreListener.Verb;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * The {@link AdaptiveLimit} of each bucket and verb, for one process: mounts of one bucket share
 * its patience. There are as many as buckets were ever mounted, times the verbs.
 */
public final class BucketLimits {

    private final int most;
    private final LongSupplier nanoTime;
    private final Map<Key, AdaptiveLimit> limits = new ConcurrentHashMap<>();

    private record Key(String bucket, Verb verb) {}

    /**
     * @param most requests of one verb at one bucket at once, when it bears them; 1 or more
     * @param nanoTime a clock as {@link System#nanoTime}
     */
    public BucketLimits(int most, LongSupplier nanoTime) {
        this.most = most;
        this.nanoTime = nanoTime;
    }

    /** The limit for {@code verb} at the bucket, or directory, that {@code settings} describe. */
    public AdaptiveLimit of(UnderStoreSettings settings, Verb verb) {
        return limits.computeIfAbsent(
                new Key(bucket(settings), verb), _ -> new AdaptiveLimit(most, nanoTime));
    }

    /** Tells the limits of a bucket of each attempt: for {@link UnderStores#open}. */
    public AttemptListener listener(UnderStoreSettings settings) {
        return (verb, pressure) -> of(settings, verb).onAttempt(pressure);
    }

    /** The lowest limit of any bucket for {@code verb}; the most when none was asked. */
    public int lowest(Verb verb) {
        return limits.entrySet().stream()
                .filter(limit -> limit.getKey().verb() == verb)
                .map(limit -> limit.getValue().current())
                .min(Comparator.naturalOrder())
                .orElse(most);
    }

    /** How often the limits of {@code verb} were halved, in all. */
    public long decreases(Verb verb) {
        return limits.entrySet().stream()
                .filter(limit -> limit.getKey().verb() == verb)
                .collect(Collectors.summingLong(limit -> limit.getValue().decreases()));
    }

    private static String bucket(UnderStoreSettings settings) {
        String authority = settings.uri().getRawAuthority();
        return settings.endpoint()
                + ' '
                + settings.uri().getScheme()
                + ' '
                + (authority == null ? settings.uri().getPath() : authority);
    }
}
