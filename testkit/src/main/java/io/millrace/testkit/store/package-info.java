/** A bucket that costs next to nothing to ask, so that what asks it is what is measured. */
@NullMarked
package io.millrace.testkit.store;

import org.jspecify.annotations.NullMarked;
