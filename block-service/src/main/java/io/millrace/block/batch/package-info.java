/**
 * Batches of load and free jobs: taken from the partitions of this worker's slots, run, reported,
 * and only then committed. Façade: {@link io.millrace.block.batch.BatchConsumer}.
 */
@NullMarked
package io.millrace.block.batch;

import org.jspecify.annotations.NullMarked;
