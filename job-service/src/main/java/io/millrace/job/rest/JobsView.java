package io.millrace.job.rest;

import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A page of jobs as JSON. */
@Schema(name = "Jobs", description = "A page of jobs, newest first.")
record JobsView(
        List<JobView> jobs,
        @Schema(description = "Whether older ones follow: ask with before = the last id.")
                boolean more) {}
