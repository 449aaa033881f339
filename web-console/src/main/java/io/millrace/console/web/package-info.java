/** What browsers ask: the overview, once or as it changes, and the headers of every answer. */
@NullMarked
package io.millrace.console.web;

import org.jspecify.annotations.NullMarked;
