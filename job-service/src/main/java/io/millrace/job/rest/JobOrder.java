package io.millrace.job.rest;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.job.ledger.Controls;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.selection.Selection;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.rest.Body;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What a client asks for, as JSON. */
@Schema(name = "JobOrder", description = "What is to be done, and where.")
record JobOrder(
        @Schema(
                        required = true,
                        enumeration = {
                            "load",
                            "load-metadata",
                            "sync",
                            "free",
                            "verify",
                            "warm-replicas",
                            "pin",
                            "unpin"
                        })
                @Nullable String kind,
        @Schema(required = true, description = "Absolute path of a directory or a file.")
                @Nullable String path,
        @Nullable SelectionView select,
        @Schema(description = "0 to 9, 5 by default; the higher one is planned and sent first.")
                @Nullable Integer priority,
        ControlsOrder.@Nullable Limits limits,
        @Schema(
                        description = "When the job ends, whatever is open then.",
                        examples = "2026-12-01T06:00:00Z")
                @Nullable String deadline,
        @Schema(
                        description =
                                "Which share of files, and of bytes, must be done or skipped for success.",
                        examples = "99.9%")
                @Nullable String require) {

    private static final String EXAMPLE = "{\"kind\": \"load\", \"path\": \"/data\"}";

    /** The order, checked. */
    record Checked(JobKind kind, NamespacePath path, Selection selection, Controls controls) {}

    /**
     * Reads a request's body.
     *
     * @throws MillraceException INVALID_ARGUMENT when it is no order
     */
    static Checked read(ObjectMapper json, @Nullable String body) {
        return Body.read(json, body, JobOrder.class, EXAMPLE).checked();
    }

    /**
     * @throws MillraceException INVALID_ARGUMENT when a value is missing or none
     */
    Checked checked() {
        if (kind == null || path == null) {
            throw Body.without(EXAMPLE, "kind and path");
        }
        return new Checked(
                JobKind.parse(kind),
                NamespacePath.parse(path),
                SelectionView.read(select),
                new ControlsOrder(priority, limits, deadline, require).applyTo(Controls.DEFAULT));
    }
}
