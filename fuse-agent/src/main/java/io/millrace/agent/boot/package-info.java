/** Starts the agent: settings, the command line, signals, the life of the process. */
@NullMarked
package io.millrace.agent.boot;

import org.jspecify.annotations.NullMarked;
