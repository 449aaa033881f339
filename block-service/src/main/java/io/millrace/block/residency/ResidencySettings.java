package io.millrace.block.residency;

import java.time.Duration;

/**
 * Bounds of what is told about residency.
 *
 * @param every between two summaries
 * @param files whose directories are kept in memory
 * @param directories in one summary
 */
public record ResidencySettings(Duration every, int files, int directories) {}
