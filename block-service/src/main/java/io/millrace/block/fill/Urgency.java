package io.millrace.block.fill;

/** Who waits for bytes. */
public enum Urgency {
    /** Training: goes first. */
    READ,
    /** A load job, which never slows a read. */
    LOAD
}
