package io.millrace.standalone.cluster;

import java.net.URI;
import java.nio.file.Path;

/**
 * The bucket that a local cluster brings with it.
 *
 * @param name of the bucket
 * @param endpoint of its S3 server; path style
 * @param credentials properties file with {@code accessKeyId} and {@code secretAccessKey}, which a
 *     mount refers to as {@code file:PATH}
 */
public record EmbeddedBucket(String name, URI endpoint, Path credentials) {}
