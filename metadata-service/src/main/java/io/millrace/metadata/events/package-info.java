/**
 * What buckets say of themselves: notifications parsed into one shape, ordered, and applied to the
 * namespace. {@link io.millrace.metadata.events.BucketEvents} is the way in.
 */
@NullMarked
package io.millrace.metadata.events;

import org.jspecify.annotations.NullMarked;
