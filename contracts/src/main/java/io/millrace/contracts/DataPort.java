package io.millrace.contracts;

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
 *
 * 206 with Content-Range, or 200 for the whole; Content-Length always
 * Millrace-Miss: 1 when not all of the bytes were cached
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

    /** In answers that failed: an {@link io.millrace.model.ErrorCode} by name. */
    public static final String ERROR = "Millrace-Error";

    /** In answers to HEAD: how many bytes of the file are resident on this worker. */
    public static final String RESIDENT_BYTES = "Millrace-Resident-Bytes";

    /** In answers to GET, when bytes had to be fetched for them. */
    public static final String MISS = "Millrace-Miss";

    /** In answers to prefetch requests: how many files were taken, from the first on. */
    public static final String ACCEPTED = "Millrace-Accepted";

    private DataPort() {}
}
