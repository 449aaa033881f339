/**
 * The Kafka topics as data, the form of their messages, and what creates and checks them. Façade:
 * {@link io.millrace.topics.Topics}.
 */
@NullMarked
package io.millrace.topics;

import org.jspecify.annotations.NullMarked;
