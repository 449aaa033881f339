package io.millrace.standalone.demo;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A way to read the files of a data set. */
public interface FileReading extends AutoCloseable {

    /**
     * Opens one file.
     *
     * @param path relative to the data set
     * @throws IOException when it cannot be opened
     */
    Open open(String path) throws IOException;

    @Override
    void close();

    /** An open file, read from its start to its end. */
    interface Open extends AutoCloseable {

        /**
         * Reads on.
         *
         * @return how many bytes; -1 at the end
         */
        int read(ByteBuffer target) throws IOException;

        @Override
        void close() throws IOException;
    }
}
