/**
 * Measurements of Millrace beside the alternatives, side by side in one run, so that ratios can be
 * trusted.
 */
@NullMarked
package io.millrace.bench;

import org.jspecify.annotations.NullMarked;
