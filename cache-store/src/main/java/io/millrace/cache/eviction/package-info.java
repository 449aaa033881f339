/**
 * Which cached files go when room is needed, and which new ones may make others go. No I/O, no
 * clock, no lock: {@link io.millrace.cache.eviction.Eviction} is called under its caller's.
 */
@NullMarked
package io.millrace.cache.eviction;

import org.jspecify.annotations.NullMarked;
