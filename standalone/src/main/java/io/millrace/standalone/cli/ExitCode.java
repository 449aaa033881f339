package io.millrace.standalone.cli;

/** What the process answers to the shell. Part of the command line's contract. */
enum ExitCode {
    OK(0),
    /** The command could not do what was asked. */
    FAILURE(1),
    /** The command line itself is wrong. */
    USAGE(2),
    /** Some of it was done: a job that ended PARTIAL, a cluster of which parts are missing. */
    PARTIAL(3),
    JOB_FAILED(4),
    JOB_CANCELLED(5);

    private final int code;

    ExitCode(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
