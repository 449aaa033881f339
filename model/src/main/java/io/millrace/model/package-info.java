/**
 * The nouns of Millrace: identities, ranges, the ring and placement, error codes. Imports {@code
 * java.*} only.
 */
@NullMarked
package io.millrace.model;

import org.jspecify.annotations.NullMarked;
