/** Settings, wiring and life-cycle: the one package that knows Quarkus' configuration and beans. */
@NullMarked
package io.millrace.job.boot;

import org.jspecify.annotations.NullMarked;
