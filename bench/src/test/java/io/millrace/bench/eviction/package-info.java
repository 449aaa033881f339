@NullMarked
package io.millrace.bench.eviction;

import org.jspecify.annotations.NullMarked;
