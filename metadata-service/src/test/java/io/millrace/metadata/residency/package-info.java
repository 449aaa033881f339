@NullMarked
package io.millrace.metadata.residency;

import org.jspecify.annotations.NullMarked;
