package io.millrace.understore;

import io.millrace.understore.UnderStoreListener.Verb;

/**
 * Hears how a store takes each attempt of a call, the calls' own retries included. Called on the
 * thread of the call, and must not block or fail.
 */
public interface AttemptListener {

    /** What an attempt says about the load the store can bear. */
    enum Pressure {
        /** It answered, if only with an error. */
        NONE,
        /** It asked for less (503, 429), or did not answer in time. */
        TOO_MUCH
    }

    void onAttempt(Verb verb, Pressure pressure);

    /** Hears nothing. */
    AttemptListener NONE = (verb, pressure) -> {};
}
