package io.millrace.block.dataport;

import io.millrace.contracts.DataPort;
import io.millrace.contracts.DataPort.Origin;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import io.millrace.model.MillraceException;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request of the data port, parsed: everything in it is untrusted.
 *
 * @param range what is asked for; empty: the whole file
 * @param origin where missing bytes may come from
 * @param suspected whether cached bytes are to be checked before they are sent
 */
record FileRequest(
        FileVersion version,
        FileSource source,
        Optional<ByteRange> range,
        boolean headersOnly,
        Origin origin,
        boolean suspected) {

    /**
     * @throws MillraceException NOT_FOUND for another path, INVALID_ARGUMENT for what is malformed,
     *     RANGE_NOT_SATISFIABLE
     */
    static FileRequest parse(HttpServerRequest request) {
        String path = request.path();
        if (path == null || !path.startsWith(DataPort.FILES)) {
            throw new MillraceException(
                    ErrorCode.NOT_FOUND, "the data port serves " + DataPort.FILES + " alone");
        }
        boolean headersOnly = request.method().equals(HttpMethod.HEAD);
        if (!headersOnly && !request.method().equals(HttpMethod.GET)) {
            throw new MillraceException(
                    ErrorCode.READ_ONLY, "the data port takes GET and HEAD alone");
        }
        try {
            FileVersion version = FileVersion.parse(path.substring(DataPort.FILES.length()));
            FileSource source =
                    new FileSource(
                            Long.parseLong(header(request, DataPort.MOUNT)),
                            decoded(header(request, DataPort.KEY)),
                            decoded(header(request, DataPort.OBJECT_VERSION)),
                            Long.parseLong(header(request, DataPort.LENGTH)));
            return new FileRequest(
                    version,
                    source,
                    range(request.getHeader("Range"), source),
                    headersOnly,
                    Origin.parse(request.getHeader(DataPort.ORIGIN)),
                    request.getHeader(DataPort.VERIFY) != null);
        } catch (IllegalArgumentException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, String.valueOf(e.getMessage()), e);
        }
    }

    /** What is to be sent. */
    ByteRange bytes() {
        return range.orElse(ByteRange.whole(source.length()));
    }

    /** The chunk whose checksum is told: who names an origin and asks for just one gets it. */
    Optional<Integer> checkedChunk() {
        int chunk = BlockLayout.chunkAt(bytes().offset());
        boolean whole = bytes().equals(BlockLayout.chunkRange(chunk, source.length()));
        return origin != Origin.CLUSTER && whole ? Optional.of(chunk) : Optional.empty();
    }

    private static String header(HttpServerRequest request, String name) {
        String value = request.getHeader(name);
        if (value == null) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, "header " + name + " is missing");
        }
        return value;
    }

    static String decoded(String value) {
        if (value.indexOf('%') < 0) {
            return value;
        }
        return URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static Optional<ByteRange> range(@Nullable String header, FileSource source) {
        if (header == null) {
            return Optional.empty();
        }
        int dash = header.indexOf('-');
        if (!header.startsWith("bytes=") || dash < 0 || header.indexOf(',') >= 0) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "range '" + header + "' is not one of the form bytes=FIRST-LAST");
        }
        String first = header.substring("bytes=".length(), dash).strip();
        String last = header.substring(dash + 1).strip();
        long length = source.length();
        long start;
        long end;
        if (first.isEmpty()) {
            start = Math.max(0, length - Long.parseLong(last));
            end = length;
        } else {
            start = Long.parseLong(first);
            end = last.isEmpty() ? length : Math.min(length, Long.parseLong(last) + 1);
        }
        if (start < 0 || start >= length || end <= start) {
            throw new MillraceException(
                    ErrorCode.RANGE_NOT_SATISFIABLE,
                    "range '" + header + "' lies outside of the file's " + length + " bytes");
        }
        return Optional.of(ByteRange.between(start, end));
    }
}
