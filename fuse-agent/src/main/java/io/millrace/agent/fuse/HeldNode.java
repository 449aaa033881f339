package io.millrace.agent.fuse;

/**
 * A node that the kernel holds under a name.
 *
 * @param parent node of the directory that it lies in
 * @param name in that directory
 */
public record HeldNode(long node, long parent, String name, Attributes.Kind kind) {}
