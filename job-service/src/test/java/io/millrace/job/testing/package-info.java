/** A cluster to run jobs against: a namespace by hand, workers that follow a script. */
@NullMarked
package io.millrace.job.testing;

import org.jspecify.annotations.NullMarked;
