/** A cluster under everything that can fail. */
@NullMarked
package io.millrace.testkit.chaos;

import org.jspecify.annotations.NullMarked;
