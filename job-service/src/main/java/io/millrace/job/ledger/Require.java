package io.millrace.job.ledger;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * Which share of a job's files, and of its bytes, must be done or skipped for it to succeed. What
 * has vanished from the bucket or changed there is not done.
 *
 * @param millionths 1 to 1,000,000
 */
public record Require(int millionths) {

    private static final int ALL_MILLIONTHS = 1_000_000;
    private static final int DIGITS = 4;
    private static final int LONGEST = 16;

    public static final Require ALL = new Require(ALL_MILLIONTHS);

    /**
     * @throws MillraceException INVALID_ARGUMENT when it is out of bounds
     */
    public Require {
        if (millionths < 1 || millionths > ALL_MILLIONTHS) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "require " + millionths + " millionths is not within 1 and " + ALL_MILLIONTHS);
        }
    }

    /**
     * Reads a percentage, as {@code 99.9%} or {@code 99.9}.
     *
     * @throws MillraceException INVALID_ARGUMENT when it is none, has more than 4 decimals, or is
     *     not above 0 and at most 100
     */
    public static Require parse(String text) {
        String number = text.endsWith("%") ? text.substring(0, text.length() - 1) : text;
        try {
            if (number.length() <= LONGEST && number.matches("[0-9.]+")) {
                return new Require(new BigDecimal(number).movePointRight(DIGITS).intValueExact());
            }
        } catch (NumberFormatException e) {
            // Answered like other texts that are no percentage.
        } catch (ArithmeticException e) {
            // More than four decimals.
        }
        throw new MillraceException(
                ErrorCode.INVALID_ARGUMENT,
                "require '"
                        + text
                        + "' is not a percentage as 99.9%, above 0, at most 100, with at most "
                        + DIGITS
                        + " decimals");
    }

    /** Whether what is well is enough of what was planned. */
    boolean isMetBy(Counts counts) {
        return isMet(counts.well().files(), counts.planned().files())
                && isMet(counts.well().bytes(), counts.planned().bytes());
    }

    private boolean isMet(long well, long planned) {
        return BigInteger.valueOf(well)
                        .multiply(BigInteger.valueOf(ALL_MILLIONTHS))
                        .compareTo(
                                BigInteger.valueOf(planned)
                                        .multiply(BigInteger.valueOf(millionths)))
                >= 0;
    }

    /** As it is read: {@code 99.9%}. */
    @Override
    public String toString() {
        return BigDecimal.valueOf(millionths, DIGITS).stripTrailingZeros().toPlainString() + "%";
    }
}
