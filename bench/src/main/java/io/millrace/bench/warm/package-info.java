/**
 * Warm reads through the agent as it is shipped, beside the same files in a local directory:
 * without a cluster, so that it can be run often.
 */
@NullMarked
package io.millrace.bench.warm;

import org.jspecify.annotations.NullMarked;
