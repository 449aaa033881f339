/** Under stores that are a directory of this machine. */
@NullMarked
package io.millrace.understore.local;

import org.jspecify.annotations.NullMarked;
