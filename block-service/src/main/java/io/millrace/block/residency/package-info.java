/**
 * What lies on this worker, by directory, told in bounded summaries. Façade: {@link
 * io.millrace.block.residency.ResidencyReporter}.
 */
@NullMarked
package io.millrace.block.residency;

import org.jspecify.annotations.NullMarked;
