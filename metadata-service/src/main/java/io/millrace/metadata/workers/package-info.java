/**
 * Workers, their leases, and the ring made of those whose lease is live. {@link
 * io.millrace.metadata.workers.WorkerRegistry} is the way in.
 */
@NullMarked
package io.millrace.metadata.workers;

import org.jspecify.annotations.NullMarked;
