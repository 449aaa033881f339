package io.millrace.testkit.simulation;

/** A defect that a simulation has on purpose: its checks must see it. */
public enum Defect {
    NONE,
    /** The under store gives whatever it has now, whichever version is asked for. */
    STORE_IGNORES_VERSION,
    /** Bytes between workers are spoilt behind their checksum. */
    NETWORK_SPOILS_CHECKED_BYTES,
    /** Some requests to the under store never end. */
    STORE_NEVER_ANSWERS,
    /** A worker drops what is pinned. */
    PINNED_IS_DROPPED,
    /** Caches believe that they may use four times what they may. */
    CAPACITY_IS_IGNORED
}
