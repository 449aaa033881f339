/** The {@code millrace} command line. {@link io.millrace.standalone.cli.MillraceCli} runs it. */
@NullMarked
package io.millrace.standalone.cli;

import org.jspecify.annotations.NullMarked;
