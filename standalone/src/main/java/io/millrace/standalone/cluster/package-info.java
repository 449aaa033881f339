/**
 * A whole Millrace on one machine: {@link io.millrace.standalone.cluster.Cluster} starts, watches
 * and stops the servers, services, workers and agents as processes of their own. Used by {@code
 * millrace up} and by integration tests.
 */
@NullMarked
package io.millrace.standalone.cluster;

import org.jspecify.annotations.NullMarked;
