package io.millrace.model;

import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What is wanted of the cache for everything at and below one path, as far as the path itself says
 * it: null where it says nothing, and an ancestor, or the default, decides ({@link PathPolicies}).
 *
 * @param pinned true: the bytes are kept resident whatever else is read. Never false: what lies
 *     below a pinned path is pinned
 * @param ttl how long bytes that nobody reads stay in the cache; {@link #LEAST_TTL} to {@link
 *     #LONGEST_TTL}, whole milliseconds. The bucket is never touched
 * @param replicas how many owners keep the bytes, 1 to {@link #MOST_REPLICAS}
 * @param quota most bytes that everything at and below the path may occupy on all workers together,
 *     replicas counted; greater than 0
 * @param priority 0 to {@link #HIGHEST_PRIORITY}: of two files, that of the lower one goes first
 * @param eviction what goes first among files of one priority
 */
public record PathPolicy(
        @Nullable Boolean pinned,
        @Nullable Duration ttl,
        @Nullable Integer replicas,
        @Nullable ByteCount quota,
        @Nullable Integer priority,
        @Nullable Eviction eviction) {

    public static final Duration LEAST_TTL = Duration.ofSeconds(1);
    public static final Duration LONGEST_TTL = Duration.ofDays(3650);
    public static final int MOST_REPLICAS = 16;
    public static final int HIGHEST_PRIORITY = 9;

    /** Owners of what no path gives a number of. */
    public static final int DEFAULT_REPLICAS = 1;

    /** Priority of what no path gives one. */
    public static final int DEFAULT_PRIORITY = 5;

    /** Says nothing. */
    public static final PathPolicy NONE = new PathPolicy(null, null, null, null, null, null);

    /** What a path can say. */
    public enum Attribute {
        PINNED,
        TTL,
        REPLICAS,
        QUOTA,
        PRIORITY,
        EVICTION;

        /** As people write it: {@code pinned}. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        /**
         * Reads what {@link #text} wrote.
         *
         * @throws MillraceException INVALID_ARGUMENT
         */
        public static Attribute parse(String text) {
            for (Attribute attribute : values()) {
                if (attribute.text().equals(text)) {
                    return attribute;
                }
            }
            throw invalid(
                    "'"
                            + text
                            + "' is no attribute of a policy: pinned, ttl, replicas, quota,"
                            + " priority or eviction");
        }
    }

    /** What makes room among files of one priority. */
    public enum Eviction {
        /** What was read longest ago goes first. */
        LRU("lru"),
        /** What was read once goes before what was read again (Yang et al., SOSP 2023). */
        S3_FIFO("s3-fifo"),
        /** Nothing goes for a file of the same data set: for reading in a new order each epoch. */
        EPOCH("epoch");

        private final String text;

        Eviction(String text) {
            this.text = text;
        }

        /** As people write it: {@code s3-fifo}. */
        public String text() {
            return text;
        }

        /**
         * Reads what {@link #text} wrote.
         *
         * @throws MillraceException INVALID_ARGUMENT
         */
        public static Eviction parse(String text) {
            for (Eviction eviction : values()) {
                if (eviction.text.equals(text)) {
                    return eviction;
                }
            }
            throw invalid("eviction '" + text + "' is none of lru, s3-fifo and epoch");
        }
    }

    /**
     * @throws MillraceException INVALID_ARGUMENT when a value is out of its bounds
     */
    public PathPolicy {
        if (Boolean.FALSE.equals(pinned)) {
            throw invalid("pinned is true, or it is not said: a pin is taken back by removing it");
        }
        if (ttl != null && (ttl.compareTo(LEAST_TTL) < 0 || ttl.compareTo(LONGEST_TTL) > 0)) {
            String said =
                    ttl.toSeconds() > 0
                            ? ttl.toSeconds() + " s"
                            : ttl.toNanosPart() / 1_000_000 + " ms";
            throw invalid("ttl of " + said + " is not between 1 s and 3650 days");
        }
        if (replicas != null && (replicas < 1 || replicas > MOST_REPLICAS)) {
            throw invalid("replicas " + replicas + " is not between 1 and " + MOST_REPLICAS);
        }
        if (quota != null && quota.bytes() == 0) {
            throw invalid("quota is 0 bytes: it must be greater");
        }
        if (priority != null && (priority < 0 || priority > HIGHEST_PRIORITY)) {
            throw invalid("priority " + priority + " is not between 0 and " + HIGHEST_PRIORITY);
        }
    }

    public boolean isEmpty() {
        return equals(NONE);
    }

    /** Whether the path itself says {@code attribute}. */
    public boolean says(Attribute attribute) {
        return switch (attribute) {
            case PINNED -> pinned != null;
            case TTL -> ttl != null;
            case REPLICAS -> replicas != null;
            case QUOTA -> quota != null;
            case PRIORITY -> priority != null;
            case EVICTION -> eviction != null;
        };
    }

    /** This, with what {@code more} says instead of what this says of the same. */
    public PathPolicy with(PathPolicy more) {
        return new PathPolicy(
                either(more.pinned, pinned),
                either(more.ttl, ttl),
                either(more.replicas, replicas),
                either(more.quota, quota),
                either(more.priority, priority),
                either(more.eviction, eviction));
    }

    /** This, saying nothing of {@code attribute}. */
    public PathPolicy without(Attribute attribute) {
        return new PathPolicy(
                attribute == Attribute.PINNED ? null : pinned,
                attribute == Attribute.TTL ? null : ttl,
                attribute == Attribute.REPLICAS ? null : replicas,
                attribute == Attribute.QUOTA ? null : quota,
                attribute == Attribute.PRIORITY ? null : priority,
                attribute == Attribute.EVICTION ? null : eviction);
    }

    private static <T> @Nullable T either(@Nullable T first, @Nullable T second) {
        return first != null ? first : second;
    }

    private static MillraceException invalid(String message) {
        return new MillraceException(ErrorCode.INVALID_ARGUMENT, message);
    }
}
