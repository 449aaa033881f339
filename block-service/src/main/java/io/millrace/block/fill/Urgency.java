package io.millrace.block.fill;

/** Who waits for bytes; earlier goes first. */
public enum Urgency {
    /** Training. */
    READ,
    /** A load job, which never slows a read. */
    LOAD
}
