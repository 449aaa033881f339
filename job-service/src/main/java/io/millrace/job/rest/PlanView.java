package io.millrace.job.rest;

import io.millrace.job.plan.Estimate;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A dry run as JSON. */
@Schema(name = "JobPlan", description = "What a job would come to; nothing was run.")
record PlanView(
        @Schema(enumeration = {"load", "free"}) String kind,
        String path,
        long files,
        long bytes,
        @Schema(description = "Files that are complete in the cache.") long residentFiles,
        @Schema(description = "Bytes that are in the cache.") long residentBytes,
        @Schema(description = "How many GETs the bucket would be asked.") long getRequests,
        @Schema(description = "Of all live workers.") long capacityBytes,
        @Schema(description = "Of all live workers.") long usedBytes,
        @Schema(description = "Whether each worker has room for its part, without eviction.")
                boolean fits) {

    static PlanView of(Estimate estimate) {
        return new PlanView(
                estimate.kind().word(),
                estimate.path(),
                estimate.total().files(),
                estimate.total().bytes(),
                estimate.resident().files(),
                estimate.resident().bytes(),
                estimate.getRequests(),
                estimate.capacityBytes(),
                estimate.usedBytes(),
                estimate.fits());
    }
}
