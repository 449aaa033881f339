/** The worker's gRPC service. */
@NullMarked
package io.millrace.block.control;

import org.jspecify.annotations.NullMarked;
