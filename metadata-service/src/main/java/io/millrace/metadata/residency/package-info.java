/**
 * How much of the namespace is cached, as workers sum it up: a view, never asked on the read path.
 * {@link io.millrace.metadata.residency.ResidencyView} is the way in.
 */
@NullMarked
package io.millrace.metadata.residency;

import org.jspecify.annotations.NullMarked;
