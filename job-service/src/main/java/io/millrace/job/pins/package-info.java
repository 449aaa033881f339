/**
 * Keeps pinned paths resident: looks at what is there, and loads what is not. Façade: {@link
 * io.millrace.job.pins.PinKeeper}.
 */
@NullMarked
package io.millrace.job.pins;

import org.jspecify.annotations.NullMarked;
