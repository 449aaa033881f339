package io.millrace.metadata.events;

import java.time.Instant;
import java.util.Optional;

/**
 * One object that a bucket says has changed, whoever said it and however.
 *
 * @param bucket its name
 * @param key of the object, decoded
 * @param what the event says of the key as a whole
 * @param time by the bucket's clock
 * @param sequencer its place among the events of this key; empty: the store gave none that can be
 *     compared
 */
public record BucketChange(
        String bucket, String key, What what, Instant time, Optional<Sequencer> sequencer) {

    /** What holds for the key if no later event says otherwise. */
    public sealed interface What {

        /**
         * It holds these bytes.
         *
         * @param etag without quotes
         * @param length in bytes
         */
        record Put(String etag, long length) implements What {}

        /** It holds nothing. */
        record Removed() implements What {}

        /**
         * Something happened that does not say what the key holds now, such as the deletion of one
         * of its versions: the bucket must be asked.
         */
        record Unclear() implements What {}
    }
}
