/**
 * A cluster of real processes whose every byte is checked while everything that can fail does.
 * {@link io.millrace.testkit.chaos.ChaosRun} is the way in.
 */
@NullMarked
package io.millrace.testkit.chaos;

import org.jspecify.annotations.NullMarked;
