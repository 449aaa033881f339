@NullMarked
package io.millrace.metadata.events;

import org.jspecify.annotations.NullMarked;
