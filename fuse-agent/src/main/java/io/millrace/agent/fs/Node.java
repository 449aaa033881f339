package io.millrace.agent.fs;

import io.millrace.client.NamespaceEntry;

/**
 * What the kernel knows under one node id: one version of one path. The monitor of its table's
 * bucket guards {@code lookups} and {@code slot}.
 */
final class Node {

    final long id;
    final NodeTable.Key key;
    volatile NamespaceEntry entry;
    long lookups;

    /** Where its table's journal has it. */
    long slot;

    Node(long id, NodeTable.Key key, NamespaceEntry entry) {
        this.id = id;
        this.key = key;
        this.entry = entry;
    }
}
