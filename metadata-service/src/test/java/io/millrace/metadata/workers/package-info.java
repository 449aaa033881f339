@NullMarked
package io.millrace.metadata.workers;

import org.jspecify.annotations.NullMarked;
