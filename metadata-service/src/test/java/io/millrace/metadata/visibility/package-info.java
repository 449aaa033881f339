@NullMarked
package io.millrace.metadata.visibility;

import org.jspecify.annotations.NullMarked;
