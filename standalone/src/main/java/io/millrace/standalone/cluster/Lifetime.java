package io.millrace.standalone.cluster;

/** How long the processes of a cluster live. */
public enum Lifetime {
    /** As long as the one that started them, however that one ends; its mounts go with it. */
    WITH_PARENT,
    /** Until they are stopped. */
    DETACHED
}
