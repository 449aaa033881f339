@NullMarked
package io.millrace.metadata.changes;

import org.jspecify.annotations.NullMarked;
