package io.millrace.job.rest;

import io.millrace.job.ledger.Failure;
import io.millrace.job.ledger.Page;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A page of failed files as JSON. */
@Schema(name = "JobFailures", description = "A page of the files a job gave up, by path.")
record FailuresView(
        List<File> failures,
        @Schema(description = "Ask with after = this for the next page; absent: it was the last.")
                @Nullable String next) {

    @Schema(name = "JobFailure")
    record File(
            String path,
            @Schema(description = "How many of its bytes failed.") long bytes,
            @Schema(
                            description = "What it is counted as.",
                            enumeration = {"failed", "vanished", "changed"})
                    String outcome,
            @Schema(description = "A code of the error table.") String code,
            @Schema(description = "Why, in one sentence.") String message) {}

    static File file(Failure failure) {
        return new File(
                failure.path(),
                failure.bytes(),
                failure.fate().word(),
                failure.code().name(),
                failure.message());
    }

    static FailuresView of(Page<Failure> page) {
        return new FailuresView(
                page.items().stream().map(FailuresView::file).toList(),
                page.more() ? page.items().getLast().path() : null);
    }
}
