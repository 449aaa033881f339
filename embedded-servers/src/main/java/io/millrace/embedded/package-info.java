/**
 * Real servers as child processes on loopback: Postgres, a Kafka broker and an S3 server, for the
 * one-command default and for tests. {@link io.millrace.embedded.PostgresServer}, {@link
 * io.millrace.embedded.KafkaServer} and {@link io.millrace.embedded.S3Server} start them from a
 * {@link io.millrace.embedded.Launch}; nothing in the services knows that they are embedded.
 */
@NullMarked
package io.millrace.embedded;

import org.jspecify.annotations.NullMarked;
