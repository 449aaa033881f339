/**
 * What is wanted of this worker's cache by path. Façades: {@link
 * io.millrace.block.policies.WorkerPolicies}, {@link io.millrace.block.policies.TtlSweep}.
 */
@NullMarked
package io.millrace.block.policies;

import org.jspecify.annotations.NullMarked;
