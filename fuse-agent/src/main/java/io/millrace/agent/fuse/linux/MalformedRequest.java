package io.millrace.agent.fuse.linux;

/** A request that is shorter than what it says it holds. The kernel sends none. */
final class MalformedRequest extends RuntimeException {

    private static final long serialVersionUID = 1L;

    MalformedRequest(String message) {
        super(message);
    }
}
