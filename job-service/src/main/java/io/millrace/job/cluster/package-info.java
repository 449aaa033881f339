/**
 * What the job-service asks others: the namespace and the ring of the metadata-service, residency
 * of the workers. Façade: {@link io.millrace.job.cluster.Cluster}.
 */
@NullMarked
package io.millrace.job.cluster;

import org.jspecify.annotations.NullMarked;
