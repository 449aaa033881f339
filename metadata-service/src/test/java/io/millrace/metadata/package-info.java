@NullMarked
package io.millrace.metadata;

import org.jspecify.annotations.NullMarked;
