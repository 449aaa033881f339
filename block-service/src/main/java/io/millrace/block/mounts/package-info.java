/**
 * The mount table as this worker knows it, and the under stores behind it. Façade: {@link
 * io.millrace.block.mounts.MountTable}.
 */
@NullMarked
package io.millrace.block.mounts;

import org.jspecify.annotations.NullMarked;
