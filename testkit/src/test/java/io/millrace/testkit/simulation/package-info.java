@NullMarked
package io.millrace.testkit.simulation;

import org.jspecify.annotations.NullMarked;
