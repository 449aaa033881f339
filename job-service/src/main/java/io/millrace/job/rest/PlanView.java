package io.millrace.job.rest;

import io.millrace.job.plan.Estimate;
import io.millrace.job.plan.Plan;
import java.time.Duration;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A dry run as JSON. */
@Schema(name = "JobPlan", description = "What a job would come to; nothing was run.")
record PlanView(
        @Schema(
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
                String kind,
        String path,
        @Schema(description = "Files that are selected.") long files,
        @Schema(description = "Of these; where a job makes several copies, of each.") long bytes,
        @Schema(description = "Files that are left out.") long unselectedFiles,
        @Schema(description = "Files that are complete in the cache.") long residentFiles,
        @Schema(description = "Bytes that are in the cache.") long residentBytes,
        @Schema(description = "Files of which a load would fetch something.") long fetchFiles,
        @Schema(description = "Bytes that a load would fetch.") long fetchBytes,
        @Schema(
                        description =
                                "How many GETs the bucket would be asked, when nothing comes from another worker.")
                long getRequests,
        @Schema(description = "How many HEADs the bucket would be asked.") long headRequests,
        Price price,
        @Schema(
                        description =
                                "How long it would take at the best pace of the last jobs; absent: nothing like it has run.")
                @Nullable Long expectedMillis,
        @Schema(description = "Of all live workers.") long capacityBytes,
        @Schema(description = "Of all live workers.") long usedBytes,
        @Schema(description = "Whether each worker has room for its part, without eviction.")
                boolean fits,
        List<WorkerPart> workers,
        @Schema(
                        description =
                                "Why it would be refused or could not do all, with numbers; empty: nothing is in the way.")
                List<String> obstacles,
        @Schema(
                        description =
                                "SHA-256 of the files, their versions and lengths: equal for equal snapshots.")
                String hash) {

    @Schema(name = "Price", description = "What the bucket's owner would charge.")
    record Price(
            @Schema(description = "Decimal, with 6 decimals.", examples = "0.004000") String amount,
            @Schema(examples = "USD") String currency) {}

    @Schema(name = "WorkerPart", description = "A worker's part in a load.")
    record WorkerPart(
            String id,
            @Schema(description = "Of the selected files, when all is loaded.") long heldBytes,
            @Schema(description = "Of these, what is missing.") long fetchBytes,
            long capacityBytes,
            long usedBytes,
            @Schema(description = "Whether there is room without eviction.") boolean fits) {}

    static PlanView of(Plan plan) {
        Estimate estimate = plan.estimate();
        return new PlanView(
                estimate.kind().word(),
                estimate.path(),
                estimate.total().files(),
                estimate.total().bytes(),
                estimate.unselectedFiles(),
                estimate.resident().files(),
                estimate.resident().bytes(),
                estimate.fetch().files(),
                estimate.fetch().bytes(),
                estimate.requests().get(),
                estimate.requests().head(),
                new Price(plan.price().amount().toPlainString(), plan.price().currency()),
                plan.expected().map(Duration::toMillis).orElse(null),
                estimate.capacityBytes(),
                estimate.usedBytes(),
                estimate.fits(),
                estimate.workers().stream()
                        .map(part ->
                                new WorkerPart(
                                        part.worker().value(),
                                        part.heldBytes(),
                                        part.fetchBytes(),
                                        part.capacityBytes(),
                                        part.usedBytes(),
                                        part.fits()))
                        .toList(),
                plan.obstacles(),
                estimate.hash());
    }
}
