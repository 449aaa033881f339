package io.millrace.cache;

import java.io.IOException;

/** What is kept beside a file's bytes: which chunks are there, and their CRC32C. */
interface ChunkTable extends AutoCloseable {

    /** Whether it is a file of its own, which goes where the data goes. */
    boolean isFile();

    int crc(int chunk) throws IOException;

    /** Notes that a chunk's bytes are there; to be called once they are. */
    void setPresent(int chunk, int crc) throws IOException;

    void setMissing(int chunk) throws IOException;

    /** Tells readers that the data file's name is about to go, before it goes. */
    void setDropped() throws IOException;

    void force() throws IOException;

    @Override
    void close() throws IOException;
}
