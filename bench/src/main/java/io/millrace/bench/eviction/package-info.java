/** Hit rates of eviction policies on made traces. */
@NullMarked
package io.millrace.bench.eviction;

import org.jspecify.annotations.NullMarked;
