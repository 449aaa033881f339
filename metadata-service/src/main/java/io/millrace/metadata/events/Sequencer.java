package io.millrace.metadata.events;

import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The place of an event among those of its key. Comparable only within one key and one dialect.
 *
 * <p>Each dialect's form is brought to one whose lexicographic order is the order of the events, so
 * that Postgres can compare it, too: AWS' hex digits, where a shorter one counts as padded with
 * zeros on the right, lose their last zeros; MinIO's hex nanoseconds are padded on the left; Ceph's
 * dump of a little-endian (seconds, nanoseconds) is turned round.
 *
 * @param dialect whose
 * @param place compares by the order of its characters
 */
public record Sequencer(Dialect dialect, String place) {

    private static final Pattern HEX = Pattern.compile("[0-9A-Fa-f]{1,64}");
    private static final int WORD = 8;

    /** Longest form kept, in characters. */
    static final int MOST = 64;

    /** Who numbers the events. */
    public enum Dialect {
        AWS,
        MINIO,
        CEPH
    }

    /** How two events of one key lie to one another. */
    public enum Order {
        BEFORE,
        SAME,
        AFTER,
        UNKNOWN
    }

    /** Empty: there is none, or it is not of the dialect's form. */
    static Optional<Sequencer> parse(Dialect dialect, @Nullable String text) {
        if (text == null || !HEX.matcher(text).matches()) {
            return Optional.empty();
        }
        String hex = text.toUpperCase(Locale.ROOT);
        return switch (dialect) {
            case AWS -> Optional.of(new Sequencer(dialect, withoutLastZeros(hex)));
            case MINIO ->
                    hex.length() > 2 * WORD
                            ? Optional.empty()
                            : Optional.of(
                                    new Sequencer(
                                            dialect, "0".repeat(2 * WORD - hex.length()) + hex));
            case CEPH ->
                    hex.length() != 2 * WORD
                            ? Optional.empty()
                            : Optional.of(
                                    new Sequencer(
                                            dialect,
                                            turned(hex.substring(0, WORD))
                                                    + turned(hex.substring(WORD))));
        };
    }

    /** How this lies to {@code other}. */
    public Order to(Sequencer other) {
        if (dialect != other.dialect) {
            return Order.UNKNOWN;
        }
        int order = place.compareTo(other.place);
        if (order == 0) {
            return Order.SAME;
        }
        return order < 0 ? Order.BEFORE : Order.AFTER;
    }

    private static String withoutLastZeros(String hex) {
        int end = hex.length();
        while (end > 1 && hex.charAt(end - 1) == '0') {
            end--;
        }
        return hex.substring(0, end);
    }

    private static String turned(String word) {
        return HexFormat.of()
                .withUpperCase()
                .toHexDigits(Integer.reverseBytes(HexFormat.fromHexDigits(word)));
    }
}
