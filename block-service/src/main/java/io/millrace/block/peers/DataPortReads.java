package io.millrace.block.peers;

import io.millrace.block.cluster.ClusterView;
import io.millrace.client.ChunkReads;
import io.millrace.contracts.DataPort.Origin;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads from the data ports of other workers. */
record DataPortReads(ChunkReads reads) implements PeerReads {

    @Override
    public void read(
            ClusterView.Address worker,
            FileSource source,
            FileVersion version,
            int chunk,
            Origin origin,
            ByteBuffer target)
            throws IOException {
        reads.read(worker.host(), worker.dataPort(), source, version, chunk, origin, target);
    }

    @Override
    public void close() {
        reads.close();
    }
}
