package io.millrace.agent.fuse;

import io.millrace.client.Cancellation;
import org.jspecify.annotations.Nullable;

/**
 * How an operation is called: at once on a thread that must not wait for anything remote, or on a
 * thread of its own, which may.
 */
public final class Call {

    /** Must not wait: the operation says WOULD_BLOCK (or null) and is called again with another. */
    public static final Call IMMEDIATE = new Call(null);

    private final @Nullable Cancellation cancellation;

    private Call(@Nullable Cancellation cancellation) {
        this.cancellation = cancellation;
    }

    /** May wait until {@code cancellation} is cancelled: the calling process was interrupted. */
    public static Call waiting(Cancellation cancellation) {
        return new Call(cancellation);
    }

    public boolean mayWait() {
        return cancellation != null;
    }

    /**
     * How the call is stopped.
     *
     * @throws IllegalStateException when this call must not wait
     */
    public Cancellation cancellation() {
        if (cancellation == null) {
            throw new IllegalStateException("this call must not wait");
        }
        return cancellation;
    }
}
