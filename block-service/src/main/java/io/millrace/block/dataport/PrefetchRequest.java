package io.millrace.block.dataport;

import io.millrace.contracts.DataPort;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.MillraceException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The files of a prefetch request, parsed: everything in it is untrusted. */
record PrefetchRequest(List<FileSource> files) {

    /** Of a body: what {@link DataPort#MAX_PREFETCH} keys of S3's longest kind take, encoded. */
    static final int MAX_BYTES = 1 << 20;

    /** Whether a Content-Length is one that is taken. */
    static boolean isSmall(@Nullable String contentLength) {
        return contentLength != null
                && contentLength.matches("[0-9]{1,7}")
                && Integer.parseInt(contentLength) <= MAX_BYTES;
    }

    /**
     * @throws MillraceException INVALID_ARGUMENT for what is malformed
     */
    static PrefetchRequest parse(String body) {
        List<FileSource> files = new ArrayList<>();
        try {
            for (String line : body.lines().toList()) {
                String[] fields = line.split(" ", -1);
                if (fields.length != 4 || files.size() == DataPort.MAX_PREFETCH) {
                    throw new MillraceException(
                            ErrorCode.INVALID_ARGUMENT,
                            "a prefetch request names at most "
                                    + DataPort.MAX_PREFETCH
                                    + " files, each by mount, key, version and length");
                }
                files.add(
                        new FileSource(
                                Long.parseLong(fields[0]),
                                FileRequest.decoded(fields[1]),
                                FileRequest.decoded(fields[2]),
                                Long.parseLong(fields[3])));
            }
        } catch (IllegalArgumentException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, String.valueOf(e.getMessage()), e);
        }
        return new PrefetchRequest(List.copyOf(files));
    }
}
