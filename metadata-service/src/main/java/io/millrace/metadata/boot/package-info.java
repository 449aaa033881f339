/** What knows Quarkus: settings, wiring, start and stop, the background loops. */
@NullMarked
package io.millrace.metadata.boot;

import org.jspecify.annotations.NullMarked;
