package io.millrace.testkit.network;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** What a relay does to one request. */
public sealed interface RelayFault {

    /** It passes. */
    record None() implements RelayFault {}

    /** It passes later. */
    record Delay(Duration by) implements RelayFault {}

    /** The connection ends after so many bytes of its answer, head included. */
    record CutAfter(long bytes) implements RelayFault {}

    /** The connection is reset, and the server hears nothing. */
    record Reset() implements RelayFault {}

    /**
     * It is answered here, and the server hears nothing.
     *
     * @param status of HTTP
     * @param headers lines with their ends, without Content-Length
     */
    record Answer(int status, String headers, String body) implements RelayFault {

        /** An error of S3. */
        public static Answer error(int status, String code) {
            return new Answer(
                    status,
                    "Content-Type: application/xml\r\n",
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>"
                            + code
                            + "</Code><Message>as the test wants it</Message></Error>");
        }

        byte[] bytes() {
            return ("HTTP/1.1 "
                            + status
                            + " Answer\r\n"
                            + headers
                            + "Content-Length: "
                            + body.length()
                            + "\r\n\r\n"
                            + body)
                    .getBytes(StandardCharsets.ISO_8859_1);
        }
    }
}
