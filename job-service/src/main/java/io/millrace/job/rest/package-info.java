/** Jobs over HTTP. */
@NullMarked
package io.millrace.job.rest;

import org.jspecify.annotations.NullMarked;
