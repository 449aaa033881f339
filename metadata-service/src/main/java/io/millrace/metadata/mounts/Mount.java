package io.millrace.metadata.mounts;

import io.millrace.model.NamespacePath;
import java.net.URI;
import java.time.Duration;

/**
 * A bucket, or a part of one, that appears in the namespace.
 *
 * @param id never used again
 * @param path where it appears
 * @param uri ends in {@code /}
 * @param createdMillis since the epoch
 * @param rootInodeId the inode at {@code path}
 */
public record Mount(
        long id,
        NamespacePath path,
        URI uri,
        Options options,
        long createdMillis,
        long rootInodeId) {

    /**
     * @param endpoint S3 only; empty: the region's own
     * @param region S3 only; empty: {@code us-east-1}
     * @param pathStyle S3 only
     * @param credentials a reference, never a value
     * @param maxAge how old what is known of a directory may be
     * @param blockBytes unit of placement, a multiple of 1 MiB
     * @param directFallback whether agents may read the bucket when no worker answers
     * @param objectAttributes whether files have the owner, mode and time that the metadata of
     *     their objects says, at a HEAD for each new or changed object; S3 only
     */
    public record Options(
            String endpoint,
            String region,
            boolean pathStyle,
            String credentials,
            Duration maxAge,
            long blockBytes,
            boolean directFallback,
            boolean objectAttributes) {}
}
