/**
 * The log of what changed in the namespace, the mount table and the ring: written in the changing
 * transaction, read by the watch streams and brought to Kafka.
 */
@NullMarked
package io.millrace.metadata.changes;

import org.jspecify.annotations.NullMarked;
