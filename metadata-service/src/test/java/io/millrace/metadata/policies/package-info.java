@NullMarked
package io.millrace.metadata.policies;

import org.jspecify.annotations.NullMarked;
