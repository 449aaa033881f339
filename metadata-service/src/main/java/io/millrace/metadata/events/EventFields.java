package io.millrace.metadata.events;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.metadata.events.BucketChange.What;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Values of a notification, checked. */
final class EventFields {

    /** In bytes of UTF-8, as S3 has it. */
    private static final int LONGEST_KEY = 1024;

    private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,254}");
    private static final Pattern ETAG = Pattern.compile("[A-Za-z0-9+/=_.-]{1,128}");

    private EventFields() {}

    /** A value that cannot be taken for what it should be; the message says why. */
    static final class Unreadable extends Exception {
        private static final long serialVersionUID = 1;

        final String sentence;

        Unreadable(String sentence) {
            super(sentence, null, false, false);
            this.sentence = sentence;
        }
    }

    static String text(JsonNode parent, String field) throws Unreadable {
        JsonNode value = parent.path(field);
        if (!value.isTextual() || value.textValue().isEmpty()) {
            throw new Unreadable("there is no '" + field + "'");
        }
        return value.textValue();
    }

    /** Empty where there is none, or it is no text. */
    static String optionalText(JsonNode parent, String field) {
        JsonNode value = parent.path(field);
        return value.isTextual() ? value.textValue() : "";
    }

    static String bucket(JsonNode bucket) throws Unreadable {
        String name = text(bucket, "name");
        if (!BUCKET.matcher(name).matches()) {
            throw new Unreadable("the bucket's name is not one");
        }
        return name;
    }

    static Instant time(JsonNode parent, String field) throws Unreadable {
        String text = text(parent, field);
        try {
            Instant time = OffsetDateTime.parse(text).toInstant();
            // Milliseconds since the epoch must hold it, and Postgres' too.
            if (time.isBefore(Instant.EPOCH) || time.getEpochSecond() > 253_402_300_799L) {
                throw new Unreadable("'" + field + "' is not between 1970 and 9999");
            }
            return time;
        } catch (DateTimeException e) {
            throw new Unreadable("'" + field + "' is no time");
        }
    }

    /** A key as it is. */
    static String rawKey(JsonNode object) throws Unreadable {
        return checked(text(object, "key"));
    }

    /** A key that was encoded as forms are: {@code +} for a space, {@code %} and two digits. */
    static String formKey(JsonNode object) throws Unreadable {
        String encoded = text(object, "key");
        ByteBuffer bytes = ByteBuffer.allocate(3 * encoded.length());
        for (int i = 0; i < encoded.length(); i++) {
            char c = encoded.charAt(i);
            if (c == '+') {
                bytes.put((byte) ' ');
            } else if (c == '%') {
                int high =
                        i + 2 < encoded.length() ? Character.digit(encoded.charAt(i + 1), 16) : -1;
                int low = high >= 0 ? Character.digit(encoded.charAt(i + 2), 16) : -1;
                if (low < 0) {
                    throw new Unreadable("'%' in the key is not followed by two digits");
                }
                bytes.put((byte) (high << 4 | low));
                i += 2;
            } else if (c < 0x80) {
                bytes.put((byte) c);
            } else {
                throw new Unreadable("the key should be encoded and holds other than ASCII");
            }
        }
        try {
            return checked(StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString());
        } catch (CharacterCodingException e) {
            throw new Unreadable("the key is not UTF-8");
        }
    }

    private static String checked(String key) throws Unreadable {
        byte[] bytes;
        try {
            ByteBuffer encoded =
                    StandardCharsets.UTF_8.newEncoder().encode(java.nio.CharBuffer.wrap(key));
            bytes = new byte[encoded.remaining()];
        } catch (CharacterCodingException e) {
            throw new Unreadable("the key is not well-formed Unicode");
        }
        if (bytes.length > LONGEST_KEY) {
            throw new Unreadable("the key is longer than " + LONGEST_KEY + " bytes");
        }
        return key;
    }

    /** What the key holds after a write; unclear where the record does not say it in full. */
    static What put(@Nullable String etag, JsonNode size) {
        String bare = etag == null ? "" : etag;
        if (bare.length() > 1 && bare.startsWith("\"") && bare.endsWith("\"")) {
            bare = bare.substring(1, bare.length() - 1);
        }
        Optional<Long> length = length(size);
        return ETAG.matcher(bare).matches() && length.isPresent()
                ? new What.Put(bare, length.get())
                : new What.Unclear();
    }

    /** A number, or one written as text. */
    private static Optional<Long> length(JsonNode size) {
        if (size.isIntegralNumber() && size.canConvertToLong() && size.longValue() >= 0) {
            return Optional.of(size.longValue());
        }
        if (size.isTextual() && size.textValue().matches("[0-9]{1,18}")) {
            return Optional.of(Long.parseLong(size.textValue()));
        }
        return Optional.empty();
    }
}
