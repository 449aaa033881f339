package io.millrace.client;

import io.millrace.contracts.v1.Mount;
import io.millrace.model.ByteRange;
import io.millrace.model.FileSource;
import java.nio.ByteBuffer;

/** Reads an under store without a worker. */
@FunctionalInterface
interface DirectReads {

    /**
     * Fills {@code target} with {@code range} of {@code source}.
     *
     * @throws io.millrace.model.MillraceException as the under store says
     */
    void read(Mount mount, FileSource source, ByteRange range, ByteBuffer target);
}
