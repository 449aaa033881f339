/**
 * Planning: walks the namespace by pages and cuts batches by owner, or only tells what that would
 * come to. Façade: {@link io.millrace.job.plan.Planner}.
 */
@NullMarked
package io.millrace.job.plan;

import org.jspecify.annotations.NullMarked;
