package io.millrace.job.result;

/** What became of a result. */
public enum Applied {
    /** Counted. */
    NOW,
    /** Its batch has been counted before, or was dropped with its job. */
    BEFORE,
    /** It belongs to no job that is known. */
    UNKNOWN
}
