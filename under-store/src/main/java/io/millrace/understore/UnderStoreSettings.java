package io.millrace.understore;

import java.net.URI;
import java.time.Duration;

/**
 * What opening a store needs.
 *
 * @param uri {@code s3://bucket/prefix/} or {@code file:///directory/}
 * @param endpoint S3 only; empty: the region's own
 * @param region S3 only; empty: {@code us-east-1}
 * @param pathStyle S3 only: {@code endpoint/bucket/key} instead of {@code bucket.endpoint/key}
 * @param credentials a reference: {@code anonymous}, {@code default}, {@code profile:NAME}, {@code
 *     file:PATH}, {@code env:PREFIX}; empty: {@code default}
 * @param limits what a call may take
 */
public record UnderStoreSettings(
        URI uri,
        String endpoint,
        String region,
        boolean pathStyle,
        String credentials,
        Limits limits) {

    /**
     * @param maxConnections requests in flight at once, 1 to 10,000
     * @param attempts tries of one call in all, 1 to 20
     * @param attemptTimeout of one try, until its first byte
     * @param callTimeout of one call, with its retries, until its first byte
     */
    public record Limits(
            int maxConnections, int attempts, Duration attemptTimeout, Duration callTimeout) {

        public static final Limits DEFAULT =
                new Limits(128, 4, Duration.ofSeconds(10), Duration.ofSeconds(30));
    }
}
