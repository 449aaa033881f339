package io.millrace.understore;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.understore.local.LocalUnderStores;
import io.millrace.understore.s3.S3UnderStores;
import java.time.Duration;
import java.util.Locale;

/** Opens under stores by the scheme of their URI, and wraps them. */
public final class UnderStores {

    private UnderStores() {}

    /**
     * Opens the store that {@code settings} describe. Nothing is asked of an S3 store yet, so a
     * bucket that is missing, credentials that are wrong and an endpoint that cannot be reached
     * show with the first call; a local directory must be there.
     *
     * @throws MillraceException INVALID_ARGUMENT: a setting is out of its bounds, the scheme is
     *     unknown, or the credentials' reference leads nowhere; NOT_FOUND: no such local directory
     */
    public static UnderStore open(UnderStoreSettings settings) {
        return open(settings, AttemptListener.NONE);
    }

    /**
     * As {@link #open(UnderStoreSettings)}, with every attempt at a store that can be asked too
     * much told to {@code attempts}: a local directory has none.
     */
    public static UnderStore open(UnderStoreSettings settings, AttemptListener attempts) {
        check(settings.limits());
        String scheme = settings.uri().getScheme();
        return switch (scheme == null ? "" : scheme.toLowerCase(Locale.ROOT)) {
            case "s3" -> S3UnderStores.open(settings, attempts);
            case "file" -> LocalUnderStores.open(settings);
            default ->
                    throw new MillraceException(
                            ErrorCode.INVALID_ARGUMENT,
                            "no under store for '"
                                    + settings.uri()
                                    + "': use s3://bucket/prefix/ or file:///directory/");
        };
    }

    /** {@code store}, with every call and every byte told to {@code listener}. */
    public static UnderStore observed(UnderStore store, UnderStoreListener listener) {
        return new ObservedUnderStore(store, listener);
    }

    /**
     * Opens a store whose attributes and listings are asked for only as often at once as its
     * bucket's {@code limits} allow; a call that gets no turn within its call timeout fails with
     * BUSY.
     *
     * @throws MillraceException as {@link #open(UnderStoreSettings)}
     */
    public static UnderStore limited(UnderStoreSettings settings, BucketLimits limits) {
        return new LimitedUnderStore(
                open(settings, limits.listener(settings)),
                limits.of(settings, UnderStoreListener.Verb.STAT),
                limits.of(settings, UnderStoreListener.Verb.LIST),
                settings.limits().callTimeout());
    }

    private static void check(UnderStoreSettings.Limits limits) {
        between("max-connections", limits.maxConnections(), 1, 10_000);
        between("attempts", limits.attempts(), 1, 20);
        positive("attempt-timeout", limits.attemptTimeout());
        positive("call-timeout", limits.callTimeout());
    }

    private static void between(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "under store limit "
                            + name
                            + " is "
                            + value
                            + ", not in "
                            + least
                            + " to "
                            + most);
        }
    }

    private static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "under store limit " + name + " is " + value + ", not positive");
        }
    }
}
