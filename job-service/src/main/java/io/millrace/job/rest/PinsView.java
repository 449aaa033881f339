package io.millrace.job.rest;

import io.millrace.job.ledger.JobId;
import io.millrace.job.pins.Pin;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Pinned paths as JSON.
 *
 * @param pins those that lie below no other, by path
 */
public record PinsView(List<PinView> pins) {

    /**
     * One of them.
     *
     * @param residentFiles complete at the workers that own them
     * @param checked null: not yet
     * @param jobId the last load that was wanted; null: nothing was ever missing
     */
    public record PinView(
            String path,
            long files,
            long bytes,
            long residentFiles,
            long residentBytes,
            @Nullable Instant checked,
            @Nullable String jobId,
            String message) {

        static PinView of(Pin pin) {
            return new PinView(
                    pin.path(),
                    pin.total().files(),
                    pin.total().bytes(),
                    pin.resident().files(),
                    pin.resident().bytes(),
                    pin.checked().orElse(null),
                    pin.job().map(JobId::value).orElse(null),
                    pin.message());
        }
    }
}
