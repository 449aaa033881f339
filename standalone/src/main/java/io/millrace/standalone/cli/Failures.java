package io.millrace.standalone.cli;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.standalone.cluster.Home;

/** Sentences that several commands say. */
final class Failures {

    private Failures() {}

    static MillraceException notRunning(Home home) {
        return new MillraceException(
                ErrorCode.UNAVAILABLE,
                "no cluster runs under "
                        + home.directory()
                        + "; 'millrace up' starts one, --home or --metadata-service names another");
    }
}
