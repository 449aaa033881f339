/**
 * The job-service without its wires: what runs in the background, and what the endpoints call.
 * Façade: {@link io.millrace.job.engine.JobEngine}.
 */
@NullMarked
package io.millrace.job.engine;

import org.jspecify.annotations.NullMarked;
