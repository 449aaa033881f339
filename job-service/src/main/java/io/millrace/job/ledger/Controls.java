package io.millrace.job.ledger;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * What may be changed while a job runs.
 *
 * @param priority 0 to 9; the higher one is planned and sent first
 * @param bytesPerSecond fetched by all workers together, at most; 0: not limited
 * @param requestsPerSecond requests of all workers together, at most; 0: not limited
 * @param filesPerWorker files worked on at once by each worker, at most; 0: not limited
 * @param require which share must be done for success
 * @param deadline when the job ends, whatever is open then; empty: never
 */
public record Controls(
        int priority,
        long bytesPerSecond,
        long requestsPerSecond,
        int filesPerWorker,
        Require require,
        Optional<Instant> deadline) {

    public static final int HIGHEST_PRIORITY = 9;

    public static final Controls DEFAULT = new Controls(5, 0, 0, 0, Require.ALL, Optional.empty());

    private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");
    private static final long MOST_BYTES = 1L << 50;
    private static final long MOST_REQUESTS = 10_000_000;
    private static final int MOST_FILES = 10_000;

    /**
     * @throws MillraceException INVALID_ARGUMENT when a number is out of bounds
     */
    public Controls {
        check("priority", priority, HIGHEST_PRIORITY);
        check("bytesPerSecond", bytesPerSecond, MOST_BYTES);
        check("requestsPerSecond", requestsPerSecond, MOST_REQUESTS);
        check("filesPerWorker", filesPerWorker, MOST_FILES);
    }

    /**
     * A deadline as the database can keep it.
     *
     * @throws MillraceException INVALID_ARGUMENT when it is not within 1970 and 9999
     */
    public static Instant checkedDeadline(Instant deadline) {
        if (deadline.isBefore(Instant.EPOCH) || deadline.isAfter(LATEST)) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "deadline " + deadline + " is not within 1970 and 9999");
        }
        return deadline.truncatedTo(ChronoUnit.MILLIS);
    }

    private static void check(String name, long value, long most) {
        if (value < 0 || value > most) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    name + " " + value + " is not within 0 and " + most);
        }
    }

    /** Whether workers must be told of a limit. */
    public boolean isLimited() {
        return bytesPerSecond > 0 || requestsPerSecond > 0 || filesPerWorker > 0;
    }

    public Controls withPriority(int now) {
        return new Controls(
                now, bytesPerSecond, requestsPerSecond, filesPerWorker, require, deadline);
    }

    public Controls withBytesPerSecond(long now) {
        return new Controls(priority, now, requestsPerSecond, filesPerWorker, require, deadline);
    }

    public Controls withRequestsPerSecond(long now) {
        return new Controls(priority, bytesPerSecond, now, filesPerWorker, require, deadline);
    }

    public Controls withFilesPerWorker(int now) {
        return new Controls(priority, bytesPerSecond, requestsPerSecond, now, require, deadline);
    }

    public Controls withRequire(Require now) {
        return new Controls(
                priority, bytesPerSecond, requestsPerSecond, filesPerWorker, now, deadline);
    }

    public Controls withDeadline(Optional<Instant> now) {
        return new Controls(
                priority, bytesPerSecond, requestsPerSecond, filesPerWorker, require, now);
    }
}
