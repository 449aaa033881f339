package io.millrace.metadata.mounts;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;

/**
 * A bucket, or a part of one, that appears in the namespace.
 *
 * @param id never used again
 * @param path where it appears
 * @param uri ends in {@code /}
 * @param createdMillis since the epoch
 * @param rootInodeId the inode at {@code path}
 * @param trustedFromMillis what was listed before may miss a change that no event told
 */
public record Mount(
        long id,
        NamespacePath path,
        URI uri,
        Options options,
        long createdMillis,
        long rootInodeId,
        long trustedFromMillis) {

    /** How what is known of a mount's directories is kept true. */
    public enum Freshness {
        /** They are listed again when what is known is older than max-age. */
        MAX_AGE,
        /** The bucket's events are followed; max-age is the net below. */
        EVENTS,
        /** Nothing ever changes: what was listed is never listed again. */
        IMMUTABLE;

        /** As people write it: {@code max-age}. */
        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /**
         * @throws MillraceException INVALID_ARGUMENT when there is no such freshness
         */
        public static Freshness parse(String word) {
            for (Freshness freshness : values()) {
                if (freshness.word().equals(word)) {
                    return freshness;
                }
            }
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "freshness '" + word + "' is none of max-age, events and immutable");
        }
    }

    /**
     * @param endpoint S3 only; empty: the region's own
     * @param region S3 only; empty: {@code us-east-1}
     * @param pathStyle S3 only
     * @param credentials a reference, never a value
     * @param freshness how what is known of its directories is kept true
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
            Freshness freshness,
            Duration maxAge,
            long blockBytes,
            boolean directFallback,
            boolean objectAttributes) {}
}
