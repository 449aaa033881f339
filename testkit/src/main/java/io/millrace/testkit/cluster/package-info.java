/**
 * A real cluster for a test: every process its own, over real servers, and data whose every byte is
 * known.
 */
@NullMarked
package io.millrace.testkit.cluster;

import org.jspecify.annotations.NullMarked;
