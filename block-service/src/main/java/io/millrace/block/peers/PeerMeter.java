package io.millrace.block.peers;

/** Hears what other workers gave. Called on hot paths: counts and returns. */
public interface PeerMeter {

    /** Bytes came from another worker. */
    void read(long bytes);

    /** A worker that was asked had not got the chunk, or did not answer. */
    void refused();

    /** A worker sent bytes with a wrong checksum. */
    void corrupt();

    /** Hears nothing. */
    PeerMeter NONE =
            new PeerMeter() {
                @Override
                public void read(long bytes) {}

                @Override
                public void refused() {}

                @Override
                public void corrupt() {}
            };
}
