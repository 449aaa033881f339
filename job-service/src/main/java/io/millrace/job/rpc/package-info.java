/** Jobs over gRPC. */
@NullMarked
package io.millrace.job.rpc;

import org.jspecify.annotations.NullMarked;
