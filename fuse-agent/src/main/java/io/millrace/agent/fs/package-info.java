/** The file system that the agent shows: the namespace through {@link io.millrace.client}. */
@NullMarked
package io.millrace.agent.fs;

import org.jspecify.annotations.NullMarked;
