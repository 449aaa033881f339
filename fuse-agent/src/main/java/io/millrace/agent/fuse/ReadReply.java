package io.millrace.agent.fuse;

import java.nio.ByteBuffer;
import java.util.List;

/** Where the bytes of one read go: to one of the two, the last that is called. */
public interface ReadReply {

    /** Memory to be filled: direct, of {@code bytes} bytes. */
    ByteBuffer buffer(int bytes);

    /**
     * Takes bytes that lie in memory already, to be sent from there.
     *
     * @param parts direct
     * @param release runs once they were sent, or will not be
     */
    void lend(List<ByteBuffer> parts, Runnable release);
}
