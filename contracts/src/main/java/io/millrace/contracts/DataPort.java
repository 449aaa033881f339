package io.millrace.contracts;

import org.jspecify.annotations.Nullable;

/**
 * The data port of a worker: HTTP/1.1 range reads of file versions. What both sides must agree on.
 *
 * <pre>
 * GET /v1/files/{file version}      HEAD asks for the headers alone
 * Range: bytes=FIRST-LAST           optional; one range
 * Millrace-Mount: 7                 the file's source: a worker that lacks the bytes fetches them from it,
 * Millrace-Key: train/a%20b.jpg     and refuses (400) when the name in the path is not the hash of these four
 * Millrace-Object-Version: %22ab%22
 * Millrace-Length: 110000
 * Millrace-Origin: under-store      optional: where missing bytes may come from, see {@link Origin}
 * Millrace-Verify: 1                optional: the cached bytes are suspected; check them before they are sent
 *
 * 206 with Content-Range, or 200 for the whole; Content-Length always
 * Millrace-Miss: 1 when not all of the bytes were cached
 * Millrace-Checksum: 0a1b2c3d       CRC32C of the body; told to who names an origin and asks for one whole chunk
 *
 * POST /v1/prefetch                 files that are likely to be read soon, in this order: one a line, of the
 * 7 train/a%20b.jpg %22ab%22 110000 same four fields, separated by spaces
 *
 * 200 with Millrace-Accepted: how many of them, from the first on, will be fetched if all goes well
 *
 * 4xx/5xx with Millrace-Error: CODE (io.millrace.model.ErrorCode) and an RFC 9457 problem
 * </pre>
 *
 * <p>Key and object version are percent-encoded UTF-8 (RFC 3986, everything but unreserved
 * characters and, in keys, {@code /}). A body that ends before its Content-Length failed half way:
 * the reader asks the next owner for the rest.
 */
public final class DataPort {

    /** Path before the file version. */
    public static final String FILES = "/v1/files/";

    /** Path of prefetch requests. */
    public static final String PREFETCH = "/v1/prefetch";

    /** Files in one prefetch request. */
    public static final int MAX_PREFETCH = 256;

    public static final String MOUNT = "Millrace-Mount";
    public static final String KEY = "Millrace-Key";
    public static final String OBJECT_VERSION = "Millrace-Object-Version";
    public static final String LENGTH = "Millrace-Length";

    /** Where missing bytes may come from: an {@link Origin} by its header. */
    public static final String ORIGIN = "Millrace-Origin";

    /** Asks for the checksums of the bytes to be checked before they are sent. */
    public static final String VERIFY = "Millrace-Verify";

    /** In answers: CRC32C of the body, 8 hex digits. */
    public static final String CHECKSUM = "Millrace-Checksum";

    /** In answers that failed: an {@link io.millrace.model.ErrorCode} by name. */
    public static final String ERROR = "Millrace-Error";

    /** In answers to HEAD: how many bytes of the file are resident on this worker. */
    public static final String RESIDENT_BYTES = "Millrace-Resident-Bytes";

    /** In answers to GET, when bytes had to be fetched for them. */
    public static final String MISS = "Millrace-Miss";

    /** In answers to prefetch requests: how many files were taken, from the first on. */
    public static final String ACCEPTED = "Millrace-Accepted";

    /** Where a worker may get bytes from that it has not. */
    public enum Origin {
        /** From another worker where that is better, else from the under store. */
        CLUSTER(""),
        /** From the under store alone: so that workers do not send each other in circles. */
        UNDER_STORE("under-store"),
        /** From nowhere: what is not cached is NOT_FOUND. */
        CACHE("cache");

        private final String header;

        Origin(String header) {
            this.header = header;
        }

        /** Value of {@link DataPort#ORIGIN}; empty: the header is left out. */
        public String header() {
            return header;
        }

        /**
         * The origin of a header; null and empty: {@link #CLUSTER}.
         *
         * @throws IllegalArgumentException for another value
         */
        public static Origin parse(@Nullable String value) {
            for (Origin origin : values()) {
                if (origin.header.equals(value == null ? "" : value)) {
                    return origin;
                }
            }
            throw new IllegalArgumentException(
                    "header " + ORIGIN + " is '" + value + "', not under-store or cache");
        }
    }

    private DataPort() {}
}
