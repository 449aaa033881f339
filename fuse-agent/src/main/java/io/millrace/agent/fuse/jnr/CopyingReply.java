package io.millrace.agent.fuse.jnr;

import io.millrace.agent.fuse.ReadReply;
import java.nio.ByteBuffer;
import java.util.List;

/** Puts all bytes where libfuse wants them. */
record CopyingReply(ByteBuffer target) implements ReadReply {

    @Override
    public ByteBuffer buffer(int bytes) {
        return target.slice(0, bytes);
    }

    @Override
    public void lend(List<ByteBuffer> parts, Runnable release) {
        parts.forEach(target::put);
        release.run();
    }
}
