/** The embedded servers as tests use them: one of each per JVM, gone with it. */
@NullMarked
package io.millrace.embedded.testing;

import org.jspecify.annotations.NullMarked;
