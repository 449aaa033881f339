/**
 * A cluster of workers on one thread, in which everything follows from a seed. Façade: {@link
 * io.millrace.testkit.simulation.Simulation}.
 */
@NullMarked
package io.millrace.testkit.simulation;

import org.jspecify.annotations.NullMarked;
