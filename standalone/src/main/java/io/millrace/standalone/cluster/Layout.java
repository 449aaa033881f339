package io.millrace.standalone.cluster;

/** How the control plane is spread over processes. */
public enum Layout {
    /** metadata-service, job-service and web-console share one. */
    SHARED,
    /** Each has its own, as in production. */
    DISTRIBUTED
}
