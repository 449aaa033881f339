/**
 * What the console shows: one value with all that is on the page, or why a part of it cannot be
 * told.
 */
@NullMarked
package io.millrace.console.overview;

import org.jspecify.annotations.NullMarked;
