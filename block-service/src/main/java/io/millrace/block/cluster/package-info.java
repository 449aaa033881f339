/**
 * The worker's place in the cluster: its registration and lease, the ring and the mount table.
 * Façade: {@link io.millrace.block.cluster.ClusterMember}.
 */
@NullMarked
package io.millrace.block.cluster;

import org.jspecify.annotations.NullMarked;
