package io.millrace.block.dataport;

import io.millrace.model.ErrorCode;

/** Hears what the data port does. */
public interface DataPortMeter {

    /** An answer was sent in full. */
    void served(long bytes);

    /** A request was answered with an error. */
    void refused(ErrorCode code);

    /** An answer broke off half way. */
    void broken();

    /** Hears nothing. */
    DataPortMeter NONE =
            new DataPortMeter() {
                @Override
                public void served(long bytes) {}

                @Override
                public void refused(ErrorCode code) {}

                @Override
                public void broken() {}
            };
}
