package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.Call;

/** A request that is understood: makes the body of its answer. */
@FunctionalInterface
interface Operation {

    /** The operation was called with {@link Call#IMMEDIATE} and has to wait. */
    int WOULD_BLOCK = Integer.MIN_VALUE;

    /**
     * @return bytes of the body, a negative errno, or {@link #WOULD_BLOCK}
     */
    int run(ReplyBuffer out, Call call);
}
