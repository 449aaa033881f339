/**
 * Sends what is in the outbox to the workers. Façade: {@link io.millrace.job.dispatch.Dispatcher}.
 */
@NullMarked
package io.millrace.job.dispatch;

import org.jspecify.annotations.NullMarked;
