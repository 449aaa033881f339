package io.millrace.block.batch;

/** Hears what becomes of batches. */
public interface BatchMeter {

    /** A batch was run and its result published. */
    void finished();

    /** A message that is no batch was passed by. */
    void unreadable();

    /** A batch whose time was over was passed by. */
    void expired();

    /** Hears nothing. */
    BatchMeter NONE =
            new BatchMeter() {
                @Override
                public void finished() {}

                @Override
                public void unreadable() {}

                @Override
                public void expired() {}
            };
}
