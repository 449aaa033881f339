/** The agent: the mount on each training host. */
@NullMarked
package io.millrace.agent;

import org.jspecify.annotations.NullMarked;
