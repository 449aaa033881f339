/**
 * The seam between a file system and the kernel: {@link io.millrace.agent.fuse.FuseFileSystem} is
 * what the agent implements, {@link io.millrace.agent.fuse.FuseBinding} mounts it. Every binding
 * passes one suite.
 */
@NullMarked
package io.millrace.agent.fuse;

import org.jspecify.annotations.NullMarked;
