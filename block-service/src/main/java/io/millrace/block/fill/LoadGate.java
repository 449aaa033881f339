package io.millrace.block.fill;

/** Is asked by a load before each request it makes; may wait. */
public interface LoadGate {

    /** Lets everything through. */
    LoadGate OPEN =
            new LoadGate() {
                @Override
                public void request(long bytes) {}

                @Override
                public boolean isClosed() {
                    return false;
                }
            };

    /**
     * Passes when the request may be made.
     *
     * @param bytes it will fetch, about
     * @throws io.millrace.model.MillraceException INTERRUPTED when the load is to end
     */
    void request(long bytes);

    /** Whether a load that waits for bytes is to end; what is on its way still comes. */
    boolean isClosed();
}
