@NullMarked
package io.millrace.cache.eviction;

import org.jspecify.annotations.NullMarked;
