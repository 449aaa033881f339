package io.millrace.block.peers;

import io.millrace.block.cluster.ClusterView;
import io.millrace.contracts.DataPort.Origin;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * How chunks of another worker are read: {@link io.millrace.client.ChunkReads}, or a simulation.
 */
public interface PeerReads extends AutoCloseable {

    /**
     * Reads a chunk whose checksum is right.
     *
     * @param target room for the chunk, whose position is behind it afterwards; what is in it is
     *     undefined when this fails
     * @throws io.millrace.model.MillraceException as the worker says; CORRUPT when the bytes are
     *     wrong twice
     * @throws IOException when the worker cannot be reached, or does not answer in time
     */
    void read(
            ClusterView.Address worker,
            FileSource source,
            FileVersion version,
            int chunk,
            Origin origin,
            ByteBuffer target)
            throws IOException;

    @Override
    void close();
}
