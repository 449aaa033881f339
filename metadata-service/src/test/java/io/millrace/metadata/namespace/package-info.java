@NullMarked
package io.millrace.metadata.namespace;

import org.jspecify.annotations.NullMarked;
