package io.millrace.understore;

import io.millrace.model.ErrorCode;

/**
 * Hears what is asked of an under store. Called on the thread of the call, and must not block or
 * fail.
 */
public interface UnderStoreListener {

    /** What can be asked. */
    enum Verb {
        STAT,
        LIST,
        READ
    }

    /** A call begins; its own retries are not told apart. */
    void onCall(Verb verb);

    /** A call, or the stream it gave, failed. */
    void onFailure(Verb verb, ErrorCode code);

    /** Bytes came out of a stream. */
    void onBytes(long count);
}
