package io.millrace.bench;

import io.millrace.testkit.cluster.Bucket;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** Reads objects as a program does that knows nothing of Millrace: with the AWS SDK's client. */
final class PlainClient implements AutoCloseable {

    /** What programs that read one object by several requests at once ask for. */
    private static final int PART_BYTES = 8 << 20;

    private static final int PARTS_AT_ONCE = 8;
    private static final int BUFFER_BYTES = 1 << 20;

    private final S3Client client;
    private final String bucket;
    private final String prefix;

    /**
     * @param port of the bucket, on loopback
     * @param prefix of all keys, with its slash
     */
    PlainClient(Bucket bucket, int port, String prefix) {
        this.bucket = bucket.name();
        this.prefix = prefix;
        this.client =
                S3Client.builder()
                        .httpClientBuilder(Apache5HttpClient.builder().maxConnections(64))
                        .endpointOverride(URI.create("http://127.0.0.1:" + port))
                        .region(Region.US_EAST_1)
                        .forcePathStyle(true)
                        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                        .credentialsProvider(bucket.credentials())
                        .build();
    }

    /** Reads all of an object; how many bytes it has. */
    long read(String path, byte[] buffer) {
        try (InputStream body = client.getObject(get -> get.bucket(bucket).key(prefix + path))) {
            return drain(body, buffer);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Nanoseconds until the first byte of a range of 1 MiB is here. */
    long firstByteNanos(String path) {
        long start = System.nanoTime();
        try (InputStream body = range(path, 0, 1 << 20)) {
            if (body.read() < 0) {
                throw new IOException("no byte came");
            }
            long nanos = System.nanoTime() - start;
            drain(body, new byte[BUFFER_BYTES]);
            return nanos;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads all of an object by ranges, several at once; how many bytes came. */
    long readInParallel(String path, long length) throws Exception {
        List<Future<Long>> parts = new ArrayList<>();
        try (ExecutorService readers = Executors.newFixedThreadPool(PARTS_AT_ONCE)) {
            for (long at = 0; at < length; at += PART_BYTES) {
                long from = at;
                long bytes = Math.min(PART_BYTES, length - at);
                parts.add(
                        readers.submit(() -> {
                            try (InputStream body = range(path, from, bytes)) {
                                return drain(body, new byte[BUFFER_BYTES]);
                            }
                        }));
            }
        }
        long total = 0;
        for (Future<Long> part : parts) {
            total += part.get();
        }
        return total;
    }

    /** Reads a range by one request; how many bytes came. */
    long readRange(String path, long from, long bytes) {
        try (InputStream body = range(path, from, bytes)) {
            return drain(body, new byte[BUFFER_BYTES]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private InputStream range(String path, long from, long bytes) {
        return client.getObject(get ->
                get.bucket(bucket)
                        .key(prefix + path)
                        .range("bytes=" + from + "-" + (from + bytes - 1)));
    }

    private static long drain(InputStream body, byte[] buffer) throws IOException {
        long total = 0;
        for (int count = body.read(buffer); count >= 0; count = body.read(buffer)) {
            total += count;
        }
        return total;
    }

    @Override
    public void close() {
        client.close();
    }
}
