package io.millrace.client;

/**
 * Whether a reader waits for the answer of a request, which may change from no to yes. One for
 * which none waits is put off when its share of the connections is in use.
 *
 * <p>Both flags are written before the other is read, so that a reader either finds its request put
 * off, or has it sent as one that is waited for.
 */
final class Urgency {

    private volatile boolean waitedFor;
    private volatile boolean putOff;

    private Urgency(boolean waitedFor) {
        this.waitedFor = waitedFor;
    }

    static Urgency waitedFor() {
        return new Urgency(true);
    }

    static Urgency ahead() {
        return new Urgency(false);
    }

    boolean isWaitedFor() {
        return waitedFor;
    }

    /**
     * A reader waits from now on.
     *
     * @return false: the request is put off, and the reader does better to ask by itself
     */
    boolean hurry() {
        waitedFor = true;
        return !putOff;
    }

    /**
     * The request is put off until {@link #resume}.
     *
     * @return false: a reader waits, so it must not be
     */
    boolean putOff() {
        putOff = true;
        if (waitedFor) {
            putOff = false;
        }
        return putOff;
    }

    void resume() {
        putOff = false;
    }
}
