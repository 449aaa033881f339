package io.millrace.understore.s3;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.understore.UnderStoreSettings;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * What a failure of the S3 client means.
 *
 * @param bucket of the store
 * @param endpoint as people know it
 * @param credentials their reference
 * @param limits of the store
 */
record S3Failures(
        Bucket bucket, String endpoint, String credentials, UnderStoreSettings.Limits limits) {

    private static final Set<String> THROTTLED =
            Set.of(
                    "SlowDown",
                    "Throttling",
                    "ThrottlingException",
                    "RequestLimitExceeded",
                    "TooManyRequests",
                    "BandwidthLimitExceeded");
    private static final Set<String> REFUSED =
            Set.of("ExpiredToken", "InvalidToken", "TokenRefreshRequired", "InvalidAccessKeyId");

    /**
     * A failure, and whether trying again may help.
     *
     * @param failure as it is told to the caller
     * @param retry whether and how to go on
     * @param pause what the store asked for; empty: nothing
     */
    record Judged(MillraceException failure, Retry retry, Optional<Duration> pause) {}

    /** How to go on after a failure. */
    enum Retry {
        NO,
        SOON,
        /** The store wants less. */
        SLOWER
    }

    Judged judge(SdkException e, String key) {
        return switch (e) {
            case S3Exception answer -> judgeAnswer(answer, key);
            case ApiCallTimeoutException timeout -> judged(deadline(key, e), Retry.NO);
            case ApiCallAttemptTimeoutException timeout -> judged(deadline(key, e), Retry.SOON);
            case AbortedException aborted -> judged(interrupted(key, e), Retry.NO);
            default -> judgeCause(e, key);
        };
    }

    private Judged judgeAnswer(S3Exception e, String key) {
        AwsErrorDetails details = e.awsErrorDetails();
        String code = details == null || details.errorCode() == null ? "" : details.errorCode();
        String subject = bucket.describe(key);
        if (THROTTLED.contains(code) || e.statusCode() == 429 || e.statusCode() == 503) {
            MillraceException busy =
                    failure(
                            ErrorCode.BUSY,
                            endpoint
                                    + " throttles requests to bucket "
                                    + bucket.name()
                                    + " ("
                                    + answer(e, code)
                                    + ") for longer than "
                                    + limits.attempts()
                                    + " attempts in "
                                    + limits.callTimeout().toSeconds()
                                    + " s",
                            e);
            return new Judged(busy, Retry.SLOWER, retryAfter(e));
        }
        if (REFUSED.contains(code)) {
            return judged(refused(subject, e, code), Retry.NO);
        }
        return switch (e.statusCode()) {
            case 404 ->
                    judged(
                            failure(
                                    ErrorCode.NOT_FOUND,
                                    code.equals("NoSuchBucket")
                                            ? noBucket()
                                            : "no object " + subject,
                                    e),
                            Retry.NO);
            case 412 ->
                    judged(
                            failure(
                                    ErrorCode.STALE_VERSION,
                                    subject + " is no longer at the version asked for",
                                    e),
                            Retry.NO);
            case 401, 403 -> judged(refused(subject, e, code), Retry.NO);
            case 416 ->
                    judged(
                            failure(
                                    ErrorCode.RANGE_NOT_SATISFIABLE,
                                    "the range asked for is not in " + subject,
                                    e),
                            Retry.NO);
            case 301, 307, 308 -> judged(elsewhere(e, code), Retry.NO);
            case 400 ->
                    judged(
                            code.equals("AuthorizationHeaderMalformed")
                                    ? elsewhere(e, code)
                                    : failure(
                                            ErrorCode.INVALID_ARGUMENT,
                                            endpoint
                                                    + " does not understand a request for "
                                                    + subject
                                                    + " ("
                                                    + answer(e, code)
                                                    + ")",
                                            e),
                            code.equals("RequestTimeout") ? Retry.SOON : Retry.NO);
            default ->
                    judged(
                            failure(
                                    ErrorCode.UNAVAILABLE,
                                    endpoint
                                            + " fails on "
                                            + subject
                                            + " ("
                                            + answer(e, code)
                                            + ")",
                                    e),
                            e.statusCode() >= 500 || e.statusCode() == 408 ? Retry.SOON : Retry.NO);
        };
    }

    private Judged judgeCause(SdkException e, String key) {
        for (Throwable t = e; t != null; t = t.getCause()) {
            switch (t) {
                case MillraceException known -> {
                    return judged(known, Retry.NO);
                }
                case SocketTimeoutException timeout -> {
                    return judged(deadline(key, e), Retry.SOON);
                }
                case UnknownHostException unknown -> {
                    return judged(unreachable("its host name is unknown", e), Retry.SOON);
                }
                case ConnectException refused -> {
                    return judged(unreachable("the connection was refused", e), Retry.SOON);
                }
                case NoRouteToHostException noRoute -> {
                    return judged(unreachable("there is no route to it", e), Retry.SOON);
                }
                case SSLException tls -> {
                    return judged(unreachable("TLS failed: " + tls.getMessage(), e), Retry.NO);
                }
                case InterruptedException interrupted -> {
                    return judged(interrupted(key, e), Retry.NO);
                }
                default -> {}
            }
        }
        String message = String.valueOf(e.getMessage());
        if (message.contains("pool") && message.contains("Timeout")) {
            return judged(
                    failure(
                            ErrorCode.BUSY,
                            "all "
                                    + limits.maxConnections()
                                    + " connections to "
                                    + endpoint
                                    + " are in use (max-connections)",
                            e),
                    Retry.NO);
        }
        if (e instanceof SdkClientException && message.contains("credentials")) {
            return judged(
                    failure(
                            ErrorCode.PERMISSION_DENIED,
                            "no credentials found for reference '"
                                    + (credentials.isEmpty() ? "default" : credentials)
                                    + "'",
                            e),
                    Retry.NO);
        }
        return judged(unreachable(message, e), Retry.SOON);
    }

    MillraceException interrupted(String key, @Nullable Throwable cause) {
        return failure(
                ErrorCode.INTERRUPTED,
                "a call for " + bucket.describe(key) + " was given up",
                cause);
    }

    MillraceException deadline(String key, @Nullable Throwable cause) {
        return failure(
                ErrorCode.DEADLINE_EXCEEDED,
                endpoint
                        + " did not answer for "
                        + bucket.describe(key)
                        + " within "
                        + limits.attemptTimeout().toMillis()
                        + " ms (attempt-timeout), or "
                        + limits.callTimeout().toMillis()
                        + " ms in all (call-timeout)",
                cause);
    }

    String noBucket() {
        return "no bucket " + bucket.name() + " at " + endpoint;
    }

    private MillraceException unreachable(String why, Throwable cause) {
        return failure(ErrorCode.UNAVAILABLE, endpoint + " cannot be reached: " + why, cause);
    }

    private MillraceException elsewhere(S3Exception e, String code) {
        return failure(
                ErrorCode.INVALID_ARGUMENT,
                "bucket "
                        + bucket.name()
                        + " is not served by "
                        + endpoint
                        + " ("
                        + answer(e, code)
                        + "): set its region or endpoint",
                e);
    }

    private MillraceException refused(String subject, S3Exception e, String code) {
        return failure(
                ErrorCode.PERMISSION_DENIED,
                endpoint
                        + " refuses access to "
                        + subject
                        + " ("
                        + answer(e, code)
                        + ") with credentials '"
                        + (credentials.isEmpty() ? "default" : credentials)
                        + "'",
                e);
    }

    private static String answer(S3Exception e, String code) {
        return code.isEmpty() ? Integer.toString(e.statusCode()) : e.statusCode() + " " + code;
    }

    private static Optional<Duration> retryAfter(S3Exception e) {
        AwsErrorDetails details = e.awsErrorDetails();
        if (details == null || details.sdkHttpResponse() == null) {
            return Optional.empty();
        }
        return details.sdkHttpResponse()
                .firstMatchingHeader("Retry-After")
                .filter(value -> value.matches("\\d{1,4}"))
                .map(value -> Duration.ofSeconds(Long.parseLong(value)));
    }

    private static Judged judged(MillraceException failure, Retry retry) {
        return new Judged(failure, retry, Optional.empty());
    }

    private static MillraceException failure(
            ErrorCode code, String message, @Nullable Throwable cause) {
        return new MillraceException(code, message, cause);
    }
}
