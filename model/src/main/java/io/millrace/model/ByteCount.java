package io.millrace.model;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes, as people write and read it: {@code 64MiB}, {@code 1.5 GB}, {@code 4096}.
 *
 * @param bytes 0 or more
 */
public record ByteCount(long bytes) implements Comparable<ByteCount> {

    private static final Pattern FORM =
            Pattern.compile("\\s*(\\d+(?:\\.\\d+)?)\\s*([kKmMgGtTpP]?)(i?)[bB]?\\s*");
    private static final String UNITS = "kMGTP";

    public ByteCount {
        if (bytes < 0) {
            throw new IllegalArgumentException("byte count " + bytes + " is negative");
        }
    }

    /**
     * Reads a count with an optional unit: powers of 1,000 (k, M, G, T, P) or of 1,024 (Ki, Mi, Gi,
     * Ti, Pi).
     *
     * @throws MillraceException INVALID_ARGUMENT when it is not one
     */
    public static ByteCount parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches() || (matcher.group(2).isEmpty() && !matcher.group(3).isEmpty())) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "not a byte count: '" + text + "' (a number and a unit, as 64MiB or 1.5GB)");
        }
        double factor = 1;
        if (!matcher.group(2).isEmpty()) {
            int power =
                    UNITS.toLowerCase(Locale.ROOT)
                                    .indexOf(matcher.group(2).toLowerCase(Locale.ROOT))
                            + 1;
            factor = Math.pow(matcher.group(3).isEmpty() ? 1000 : 1024, power);
        }
        double bytes = Double.parseDouble(matcher.group(1)) * factor;
        if (bytes > Long.MAX_VALUE) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, "byte count '" + text + "' is out of range");
        }
        return new ByteCount((long) bytes);
    }

    @Override
    public int compareTo(ByteCount other) {
        return Long.compare(bytes, other.bytes);
    }

    /** For people, in powers of 1,024 with at most one decimal: {@code 1.5 GiB}. */
    @Override
    public String toString() {
        if (bytes < 1024) {
            return bytes + " B";
        }
        double value = bytes;
        int power = 0;
        while (value >= 1023.95 && power < UNITS.length()) {
            value /= 1024;
            power++;
        }
        char unit = UNITS.toUpperCase(Locale.ROOT).charAt(power - 1);
        return String.format(
                Locale.ROOT,
                Math.abs(value - Math.rint(value)) < 0.05 ? "%.0f %siB" : "%.1f %siB",
                value,
                unit);
    }
}
