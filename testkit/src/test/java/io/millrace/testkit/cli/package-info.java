/** The command line as a user's shell runs it. */
@NullMarked
package io.millrace.testkit.cli;

import org.jspecify.annotations.NullMarked;
