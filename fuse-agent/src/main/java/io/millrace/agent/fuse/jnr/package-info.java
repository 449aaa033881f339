/**
 * The portable binding: libfuse2 (macFUSE on a Mac) through jnr-fuse. For portability, not for
 * speed: every request crosses into libfuse and back, by path, and nothing is cached in the kernel.
 *
 * <p>jnr-fuse makes code at run time, so a native image has no part of this; only {@code
 * boot.PortableBinding} refers to it, and a native build leaves that out.
 */
@NullMarked
package io.millrace.agent.fuse.jnr;

import org.jspecify.annotations.NullMarked;
