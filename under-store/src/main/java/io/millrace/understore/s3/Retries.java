package io.millrace.understore.s3;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.understore.AttemptListener;
import io.millrace.understore.AttemptListener.Pressure;
import io.millrace.understore.UnderStoreListener.Verb;
import io.millrace.understore.UnderStoreSettings;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * The one place where calls are tried again: exponential back-off with full jitter (Brooker,
 * "Exponential Backoff And Jitter", AWS Architecture Blog 2015), from a higher step when the store
 * asks for less, bounded by attempts and by the time of the call.
 */
final class Retries {

    private static final long SOON_MILLIS = 50;
    private static final long SLOWER_MILLIS = 200;
    private static final long MOST_MILLIS = 5_000;

    private final UnderStoreSettings.Limits limits;
    private final S3Failures failures;
    private final AttemptListener attempts;

    Retries(UnderStoreSettings.Limits limits, S3Failures failures, AttemptListener attempts) {
        this.limits = limits;
        this.failures = failures;
        this.attempts = attempts;
    }

    /**
     * @param verb what is asked
     * @param key for messages
     * @param call given the time that is left for one attempt
     */
    <T> T call(Verb verb, String key, Function<Duration, T> call) {
        long end = System.nanoTime() + limits.callTimeout().toNanos();
        for (int attempt = 1; ; attempt++) {
            try {
                T answer = call.apply(attemptTime(end));
                attempts.onAttempt(verb, Pressure.NONE);
                return answer;
            } catch (SdkException e) {
                S3Failures.Judged judged = failures.judge(e, key);
                attempts.onAttempt(verb, pressure(judged));
                if (attempt >= limits.attempts() || judged.retry() == S3Failures.Retry.NO) {
                    throw judged.failure();
                }
                pause(judged, attempt, end, key);
            }
        }
    }

    private static Pressure pressure(S3Failures.Judged judged) {
        return judged.retry() == S3Failures.Retry.SLOWER
                        || judged.failure().code() == ErrorCode.DEADLINE_EXCEEDED
                ? Pressure.TOO_MUCH
                : Pressure.NONE;
    }

    private Duration attemptTime(long end) {
        Duration left = Duration.ofNanos(Math.max(1_000_000, end - System.nanoTime()));
        return left.compareTo(limits.attemptTimeout()) < 0 ? left : limits.attemptTimeout();
    }

    private void pause(S3Failures.Judged judged, int attempt, long end, String key) {
        long step = judged.retry() == S3Failures.Retry.SLOWER ? SLOWER_MILLIS : SOON_MILLIS;
        long most = Math.min(MOST_MILLIS, step << Math.min(attempt - 1, 20));
        long millis =
                Math.max(
                        ThreadLocalRandom.current().nextLong(most + 1),
                        judged.pause().map(Duration::toMillis).orElse(0L));
        if (System.nanoTime() + Duration.ofMillis(millis).toNanos() >= end) {
            throw judged.failure();
        }
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            MillraceException interrupted = failures.interrupted(key, e);
            interrupted.addSuppressed(judged.failure());
            throw interrupted;
        }
    }
}
