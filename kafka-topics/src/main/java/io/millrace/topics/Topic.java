package io.millrace.topics;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * One topic: what it is called, how it lies in Kafka, and what its messages are.
 *
 * <p>Consumers take bytes ({@code ByteArrayDeserializer}) and {@link #decode} them themselves: a
 * message that cannot be read is then one failure to count and pass by, not a consumer that stops
 * for good.
 *
 * @param name as in Kafka
 * @param key what the record's key is, in one phrase; empty: no key
 * @param partitions how many
 * @param retention how long a message is kept at least
 * @param cleanup what happens to old messages
 * @param maxMessageBytes largest record the broker takes, in bytes
 * @param format of the values
 * @param producer who writes it
 * @param consumer who reads it
 * @param purpose one sentence
 */
public record Topic<M>(
        String name,
        String key,
        Partitions partitions,
        Duration retention,
        Cleanup cleanup,
        int maxMessageBytes,
        Format<M> format,
        String producer,
        String consumer,
        String purpose) {

    private static final Pattern NAME = Pattern.compile("[a-z0-9]+(\\.[a-z0-9]+)*");

    /** How many partitions a topic has. */
    public sealed interface Partitions {

        /** One for each slot of the ring: exactly as many, because the partition is the slot. */
        record PerSlot() implements Partitions {}

        /** Any number from {@code least} on: an operator may have made more. */
        record AtLeast(int least) implements Partitions {
            public AtLeast {
                if (least < 1) {
                    throw new IllegalArgumentException(least + " partitions: at least 1");
                }
            }
        }

        /** How many a new topic is given in a cluster of {@code slots} slots. */
        default int count(int slots) {
            return switch (this) {
                case PerSlot _ -> slots;
                case AtLeast(int least) -> least;
            };
        }
    }

    /** Kafka's {@code cleanup.policy}. */
    public enum Cleanup {
        DELETE("delete");

        private final String policy;

        Cleanup(String policy) {
            this.policy = policy;
        }

        String policy() {
            return policy;
        }
    }

    public Topic {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("not a topic name: '" + name + "'");
        }
        requireNonNull(key);
        requireNonNull(partitions);
        requireNonNull(cleanup);
        requireNonNull(format);
        if (!retention.isPositive() || maxMessageBytes < 1) {
            throw new IllegalArgumentException("topic " + name + " keeps nothing");
        }
    }

    /** What the values of a topic are. */
    public sealed interface Format<M> {

        /**
         * Messages of ours.
         *
         * @param example any of the type
         */
        record Protobuf<M extends MessageLite>(M example) implements Format<M> {}

        /** What others write, as they write it. */
        record Json(String what) implements Format<byte[]> {}
    }

    /** The bytes of one record's value. */
    public byte[] encode(M value) {
        return switch (format) {
            case Format.Protobuf<?> _ -> ((MessageLite) value).toByteArray();
            case Format.Json _ -> (byte[]) value;
        };
    }

    /**
     * Reads what {@link #encode} wrote, of this version or an older one.
     *
     * @throws MillraceException CORRUPT when the bytes are not such a message
     */
    @SuppressWarnings("unchecked") // A message's parser parses its own type; bytes are bytes.
    public M decode(byte[] value) {
        try {
            return switch (format) {
                case Format.Protobuf<?>(MessageLite example) ->
                        ((Parser<M>) example.getParserForType()).parseFrom(value);
                case Format.Json _ -> (M) value;
            };
        } catch (InvalidProtocolBufferException e) {
            throw new MillraceException(
                    ErrorCode.CORRUPT,
                    "a record of topic " + name + " is no " + messageName() + ": " + e.getMessage(),
                    e);
        }
    }

    /** Simple name of the message's type, or what it is. */
    public String messageName() {
        return switch (format) {
            case Format.Protobuf<?>(MessageLite example) -> example.getClass().getSimpleName();
            case Format.Json(String what) -> what;
        };
    }

    /** What the broker is told about it, by Kafka's names. */
    Map<String, String> settings() {
        return Map.of(
                "cleanup.policy", cleanup.policy(),
                "retention.ms", Long.toString(retention.toMillis()),
                "max.message.bytes", Integer.toString(maxMessageBytes));
    }
}
