/** Jobs that begin by themselves at set times. */
@NullMarked
package io.millrace.job.schedule;

import org.jspecify.annotations.NullMarked;
