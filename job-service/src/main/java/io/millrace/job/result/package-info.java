/**
 * Applies what workers answer, and gives up on those that do not. Façade: {@link
 * io.millrace.job.result.Results}.
 */
@NullMarked
package io.millrace.job.result;

import org.jspecify.annotations.NullMarked;
