package io.millrace.embedded;

/** How long a started server lives. */
public enum Lifetime {
    /** Until it is stopped or the process that started it ends, however that ends. */
    WITH_PARENT,
    /** Until it is stopped; it outlives the process that started it. */
    DETACHED
}
