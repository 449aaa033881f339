package io.millrace.understore.s3;

import io.millrace.model.ObjectAttributes;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code x-amz-meta-uid}, {@code -gid}, {@code -mode} and {@code -mtime} as s3fs and rclone
 * write them.
 *
 * <p>Both write ids in decimal. s3fs writes the whole st_mode in decimal ({@code 33188}), rclone in
 * octal ({@code 100644}; its documentation has {@code 0100644}). No number is both: a regular
 * file's st_mode has five decimal digits and six octal ones. Both write the time in seconds, maybe
 * with a fraction; between other stores rclone copies it as RFC 3339. What is none of these, or is
 * not of a regular file, is ignored: {@code 644} alone could be either base.
 */
final class AttributeMetadata {

    private static final Logger LOG = System.getLogger(AttributeMetadata.class.getName());

    private static final Pattern ID = Pattern.compile("0|[1-9][0-9]{0,9}");
    private static final Pattern OCTAL_MODE = Pattern.compile("0[0-7]{3,6}|10[0-7]{4}");
    private static final Pattern DECIMAL_MODE = Pattern.compile("[1-9][0-9]{4}");
    private static final Pattern SECONDS = Pattern.compile("([0-9]{1,12})(?:\\.([0-9]{1,9}))?");
    private static final int LONGEST_TIME = 40;

    private static final int REGULAR = 0100000;
    private static final int PERMISSIONS = 0777;

    private AttributeMetadata() {}

    /**
     * What {@code metadata} says, without what cannot be understood.
     *
     * @param subject the object, for the log
     * @param metadata by name without {@code x-amz-meta-}, in any case
     */
    static ObjectAttributes of(String subject, Map<String, String> metadata) {
        Long uid = null;
        Long gid = null;
        Integer permissions = null;
        Long modifiedMillis = null;
        StringBuilder ignored = new StringBuilder();
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
            String name = entry.getKey().toLowerCase(Locale.ROOT);
            String value = entry.getValue();
            switch (name) {
                case "uid" -> uid = read(name, value, AttributeMetadata::id, ignored);
                case "gid" -> gid = read(name, value, AttributeMetadata::id, ignored);
                case "mode" ->
                        permissions = read(name, value, AttributeMetadata::permissions, ignored);
                case "mtime" ->
                        modifiedMillis = read(name, value, AttributeMetadata::millis, ignored);
                default -> {
                    // The owner's own.
                }
            }
        }
        if (!ignored.isEmpty()) {
            LOG.log(
                    Level.DEBUG,
                    () ->
                            "event=object_attributes_ignored object="
                                    + subject
                                    + " names="
                                    + ignored);
        }
        return new ObjectAttributes(uid, gid, permissions, modifiedMillis);
    }

    private static <T> @Nullable T read(
            String name,
            String value,
            Function<String, Optional<T>> parser,
            StringBuilder ignored) {
        Optional<T> parsed = parser.apply(value);
        if (parsed.isEmpty()) {
            ignored.append(ignored.isEmpty() ? "" : ",").append(name);
        }
        return parsed.orElse(null);
    }

    private static Optional<Long> id(String text) {
        return ID.matcher(text).matches()
                ? Optional.of(Long.parseLong(text)).filter(id -> id <= ObjectAttributes.MAX_ID)
                : Optional.empty();
    }

    private static Optional<Integer> permissions(String text) {
        int mode;
        if (OCTAL_MODE.matcher(text).matches()) {
            mode = Integer.parseInt(text, 8);
        } else if (DECIMAL_MODE.matcher(text).matches()) {
            mode = Integer.parseInt(text);
        } else {
            return Optional.empty();
        }
        boolean bare = text.startsWith("0") && (mode & ~07777) == 0;
        return bare || (mode & ~07777) == REGULAR
                ? Optional.of(mode & PERMISSIONS)
                : Optional.empty();
    }

    private static Optional<Long> millis(String text) {
        Matcher seconds = SECONDS.matcher(text);
        long millis;
        if (seconds.matches()) {
            String fraction = seconds.group(2) == null ? "" : seconds.group(2);
            millis =
                    Long.parseLong(seconds.group(1)) * 1_000
                            + Long.parseLong((fraction + "000").substring(0, 3));
        } else if (text.length() <= LONGEST_TIME) {
            try {
                millis = OffsetDateTime.parse(text).toInstant().toEpochMilli();
            } catch (DateTimeException _) {
                return Optional.empty();
            }
        } else {
            return Optional.empty();
        }
        return millis >= 0 && millis <= ObjectAttributes.MAX_MODIFIED_MILLIS
                ? Optional.of(millis)
                : Optional.empty();
    }
}
