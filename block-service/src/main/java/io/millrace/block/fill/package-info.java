/**
 * Bytes of files, from the cache or, where it lacks them, from the under store into the cache.
 * Façade: {@link io.millrace.block.fill.Filler}.
 */
@NullMarked
package io.millrace.block.fill;

import org.jspecify.annotations.NullMarked;
