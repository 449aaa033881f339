/**
 * What is wanted of the cache by path: pins, TTLs, replicas, quotas, priorities, eviction. {@link
 * io.millrace.metadata.policies.PolicyTable} is the way in.
 */
@NullMarked
package io.millrace.metadata.policies;

import org.jspecify.annotations.NullMarked;
