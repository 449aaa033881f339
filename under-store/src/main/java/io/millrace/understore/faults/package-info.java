/** An under store that fails on demand, for tests of what stands on it. */
@NullMarked
package io.millrace.understore.faults;

import org.jspecify.annotations.NullMarked;
