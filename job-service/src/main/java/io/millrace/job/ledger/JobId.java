package io.millrace.job.ledger;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.Instant;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * Names a job: 13 digits of base 32, 9 for the millisecond it was made at and 4 drawn at random, so
 * that ids sort by age and can be read out loud.
 *
 * @param value digits and lower-case letters without i, l, o and u (Crockford's base 32)
 */
public record JobId(String value) implements Comparable<JobId> {

    private static final String DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";
    private static final int TIME_DIGITS = 9;
    private static final int RANDOM_DIGITS = 4;
    private static final Pattern FORM =
            Pattern.compile("[" + DIGITS + "]{" + (TIME_DIGITS + RANDOM_DIGITS) + "}");

    public JobId {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("not a job id: '" + value + "'");
        }
    }

    /** A new one; two made in one millisecond are equal once in a million times. */
    static JobId make(Instant now, RandomGenerator random) {
        StringBuilder id = new StringBuilder();
        digits(id, now.toEpochMilli(), TIME_DIGITS);
        digits(id, random.nextLong(), RANDOM_DIGITS);
        return new JobId(id.toString());
    }

    /**
     * Reads what a person or a client wrote.
     *
     * @throws MillraceException NOT_FOUND when it cannot be one: no job is called so
     */
    public static JobId parse(String value) {
        if (!FORM.matcher(value).matches()) {
            throw unknown(value);
        }
        return new JobId(value);
    }

    static MillraceException unknown(String value) {
        return new MillraceException(ErrorCode.NOT_FOUND, "there is no job '" + value + "'");
    }

    private static void digits(StringBuilder to, long value, int count) {
        for (int i = count - 1; i >= 0; i--) {
            to.append(DIGITS.charAt((int) (value >>> (5 * i)) & 31));
        }
    }

    @Override
    public int compareTo(JobId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
