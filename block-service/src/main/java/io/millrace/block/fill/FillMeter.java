package io.millrace.block.fill;

/** Hears what reads and fetches cost. Called on hot paths: counts and returns. */
public interface FillMeter {

    /** A read found all its bytes in the cache. */
    void hit(long bytes);

    /** A read lacked bytes. */
    void miss(long bytes);

    /** Bytes came from an under store. */
    void fetched(long bytes);

    /** A request was made to an under store. */
    void request();

    /** Fetched bytes went to the reader alone: the cache had no room. */
    void uncached(long bytes);

    /** A fetch failed. */
    void failed();

    /** Hears nothing. */
    FillMeter NONE =
            new FillMeter() {
                @Override
                public void hit(long bytes) {}

                @Override
                public void miss(long bytes) {}

                @Override
                public void fetched(long bytes) {}

                @Override
                public void request() {}

                @Override
                public void uncached(long bytes) {}

                @Override
                public void failed() {}
            };
}
