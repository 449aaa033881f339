/**
 * The namespace: inodes filled from the buckets directory by directory. {@link
 * io.millrace.metadata.namespace.Namespace} is the way in.
 */
@NullMarked
package io.millrace.metadata.namespace;

import org.jspecify.annotations.NullMarked;
