/** Wires the console into Quarkus: settings, channels and life cycle. */
@NullMarked
package io.millrace.console.boot;

import org.jspecify.annotations.NullMarked;
