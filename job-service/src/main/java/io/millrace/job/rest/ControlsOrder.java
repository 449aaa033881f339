package io.millrace.job.rest;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.job.ledger.Controls;
import io.millrace.job.ledger.Require;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.rest.Body;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A change of how a job is done, as JSON: what is absent stays as it is. */
@Schema(name = "JobControls", description = "How a job is done; what is absent stays.")
record ControlsOrder(
        @Schema(
                        description =
                                "0 to 9, 5 by default; the higher one is planned and sent first.",
                        examples = "7")
                @Nullable Integer priority,
        @Nullable Limits limits,
        @Schema(
                        description =
                                "When the job ends, whatever is open then; empty: it has no deadline.",
                        examples = "2026-12-01T06:00:00Z")
                @Nullable String deadline,
        @Schema(
                        description =
                                "Which share of files, and of bytes, must be done or skipped for success; all by default.",
                        examples = "99.9%")
                @Nullable String require) {

    private static final String EXAMPLE = "{\"limits\": {\"bytesPerSecond\": 100000000}}";

    @Schema(name = "JobLimitsOrder", description = "What a job may take; 0: not limited.")
    record Limits(
            @Schema(description = "Of all workers together.") @Nullable Long bytesPerSecond,
            @Schema(description = "Of all workers together.") @Nullable Long requestsPerSecond,
            @Schema(description = "At once on each worker.") @Nullable Integer filesPerWorker) {}

    /**
     * Reads a request's body.
     *
     * @throws MillraceException INVALID_ARGUMENT when it is no change
     */
    static UnaryOperator<Controls> read(ObjectMapper json, @Nullable String body) {
        ControlsOrder order = Body.read(json, body, ControlsOrder.class, EXAMPLE);
        // What is wrong is said before the job is looked for.
        order.applyTo(Controls.DEFAULT);
        return order::applyTo;
    }

    /**
     * @throws MillraceException INVALID_ARGUMENT when a value is out of bounds
     */
    Controls applyTo(Controls from) {
        Controls to = from;
        if (priority != null) {
            to = to.withPriority(priority);
        }
        if (limits != null && limits.bytesPerSecond() != null) {
            to = to.withBytesPerSecond(limits.bytesPerSecond());
        }
        if (limits != null && limits.requestsPerSecond() != null) {
            to = to.withRequestsPerSecond(limits.requestsPerSecond());
        }
        if (limits != null && limits.filesPerWorker() != null) {
            to = to.withFilesPerWorker(limits.filesPerWorker());
        }
        if (require != null) {
            to = to.withRequire(Require.parse(require));
        }
        return deadline == null ? to : to.withDeadline(instant(deadline));
    }

    private static Optional<Instant> instant(String text) {
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Controls.checkedDeadline(Instant.parse(text)));
        } catch (DateTimeException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "deadline '" + text + "' is not a time as 2026-12-01T06:00:00Z",
                    e);
        }
    }
}
