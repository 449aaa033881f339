/**
 * The mount table: which bucket appears where. {@link io.millrace.metadata.mounts.MountTable} is
 * the way in.
 */
@NullMarked
package io.millrace.metadata.mounts;

import org.jspecify.annotations.NullMarked;
