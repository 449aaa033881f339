/** What knows Quarkus: settings, wiring, life cycle, health and metrics. */
@NullMarked
package io.millrace.block.boot;

import org.jspecify.annotations.NullMarked;
