/**
 * The direct Linux binding: speaks the kernel's FUSE protocol on {@code /dev/fuse} through
 * java.lang.foreign. No libfuse, no upcalls; x86-64 and aarch64, whose layouts are the same.
 *
 * <p>Source of layouts and numbers: include/uapi/linux/fuse.h of Linux 6.18, protocol 7.45.
 */
@NullMarked
package io.millrace.agent.fuse.linux;

import org.jspecify.annotations.NullMarked;
