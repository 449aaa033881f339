/** Who has applied which changes, and waiting until all have. */
@NullMarked
package io.millrace.metadata.visibility;

import org.jspecify.annotations.NullMarked;
