/**
 * Mappers between the messages of the wire (generated into {@code io.millrace.contracts.v1}) and
 * the nouns of the model.
 */
@NullMarked
package io.millrace.contracts;

import org.jspecify.annotations.NullMarked;
