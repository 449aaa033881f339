/**
 * Which directory a cached file belongs to, and when it was last asked for: what the cache, which
 * knows files by a hash alone, cannot tell. Façade: {@link io.millrace.block.known.KnownFiles}.
 */
@NullMarked
package io.millrace.block.known;

import org.jspecify.annotations.NullMarked;
