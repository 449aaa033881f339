package io.millrace.client;

import io.millrace.contracts.DataPort.Origin;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.zip.CRC32C;

/**
 * Reads whole chunks from the data port of a worker that the caller chooses, and checks them
 * against the checksum that the worker keeps. Safe for many threads.
 */
public final class ChunkReads implements AutoCloseable {

    private final DataPortClient dataPorts;
    private final Duration timeout;

    /**
     * @param connectionsPerWorker most requests at one worker at once, 1 or more
     * @param timeout of one request
     */
    public ChunkReads(int connectionsPerWorker, Duration timeout) {
        this.dataPorts = new DataPortClient(connectionsPerWorker, timeout);
        this.timeout = timeout;
        dataPorts.start();
    }

    /**
     * Reads a chunk. Bytes with a wrong checksum are asked for once more, checked by the worker
     * before it sends them: what its disk has spoilt it drops then, and fetches again if {@code
     * origin} allows it.
     *
     * @param target has room for the chunk from its position on; what is in it is undefined when
     *     this fails
     * @throws MillraceException as the worker says; NOT_FOUND when it has not got the chunk and may
     *     not fetch it; BUSY when all connections stay in use; CORRUPT when the bytes are wrong
     *     twice
     * @throws IOException when the worker cannot be reached, sends nothing for the timeout, or
     *     answers wrongly
     */
    public void read(
            String host,
            int port,
            FileSource source,
            FileVersion version,
            int chunk,
            Origin origin,
            ByteBuffer target)
            throws IOException {
        var address = new DataPortClient.Address(host, port);
        DataRequest request = new DataRequest(source, version);
        ByteRange range = BlockLayout.chunkRange(chunk, source.length());
        if (readOnce(address, request, source, range, origin, DataRequest.Verify.NO, target)
                || readOnce(
                        address, request, source, range, origin, DataRequest.Verify.YES, target)) {
            target.position(target.position() + (int) range.length());
            return;
        }
        throw new MillraceException(
                ErrorCode.CORRUPT,
                "chunk "
                        + chunk
                        + " of "
                        + source.key()
                        + " came from worker "
                        + host
                        + ":"
                        + port
                        + " with a wrong checksum twice");
    }

    /** Whether the bytes are those the worker has the checksum of. */
    private boolean readOnce(
            DataPortClient.Address address,
            DataRequest request,
            FileSource source,
            ByteRange range,
            Origin origin,
            DataRequest.Verify verify,
            ByteBuffer target)
            throws IOException {
        ByteBuffer bytes = target.slice(target.position(), (int) range.length());
        DataConnection.Answer answer =
                dataPorts.read(
                        address,
                        request.forRange(range, origin, verify),
                        range,
                        source.length(),
                        bytes,
                        System.nanoTime() + timeout.toNanos(),
                        Urgency.waitedFor(),
                        new Cancellation());
        Integer said = answer.checksum();
        if (said == null) {
            throw new ProtocolException("the worker does not say the checksum of a chunk");
        }
        CRC32C checksum = new CRC32C();
        checksum.update(bytes.flip());
        return (int) checksum.getValue() == said;
    }

    @Override
    public void close() {
        dataPorts.close();
    }
}
