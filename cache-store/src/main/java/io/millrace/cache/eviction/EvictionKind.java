package io.millrace.cache.eviction;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The policies, by the names that settings have for them. */
public enum EvictionKind {
    /** Least recently used first: for what is read again soon. */
    LRU("lru"),
    /** What was read once goes before what was read again: for mixed use with scans. */
    S3_FIFO("s3-fifo"),
    /** What is there stays: for data sets that are read whole, in a new order each time. */
    EPOCH("epoch");

    private final String settingName;

    EvictionKind(String settingName) {
        this.settingName = settingName;
    }

    public String settingName() {
        return settingName;
    }

    /** Empty: there is none of that name. */
    public static Optional<EvictionKind> named(String settingName) {
        return Arrays.stream(values())
                .filter(kind -> kind.settingName.equals(settingName))
                .findFirst();
    }

    /** All names, for messages. */
    public static String names() {
        return Arrays.stream(values())
                .map(EvictionKind::settingName)
                .collect(Collectors.joining(", "));
    }
}
