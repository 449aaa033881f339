package io.millrace.job.pins;

import java.time.Duration;

/**
 * Bounds of keeping pins.
 *
 * @param checkEvery how long what was seen of a pinned path is believed while the ring stays as it
 *     is; no path is loaded more often than that for one ring
 * @param lease of one look at a path; longer than that may take
 * @param retryPause after a look that failed because somebody is away
 */
public record PinSettings(Duration checkEvery, Duration lease, Duration retryPause) {}
