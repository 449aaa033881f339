@NullMarked
package io.millrace.metadata.boot;

import org.jspecify.annotations.NullMarked;
