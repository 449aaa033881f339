/** The rules of the house, as tests: who may import whom, and what the source tree looks like. */
@NullMarked
package io.millrace.testkit.house;

import org.jspecify.annotations.NullMarked;
