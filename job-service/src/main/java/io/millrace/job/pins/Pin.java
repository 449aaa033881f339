package io.millrace.job.pins;

import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.Tally;
import java.time.Instant;
import java.util.Optional;

/**
 * A pinned path, and how much of it was there when it was last looked at.
 *
 * @param total files and bytes below the path
 * @param resident of these, what the workers that own it had: files that were complete, and bytes
 * @param checked empty: not yet
 * @param job the last load of the path that was wanted; empty: nothing was ever missing
 * @param message why it could not be looked at, or why that load did not do all; empty: nothing is
 *     wrong
 */
public record Pin(
        String path,
        Tally total,
        Tally resident,
        Optional<Instant> checked,
        Optional<JobId> job,
        String message) {}
