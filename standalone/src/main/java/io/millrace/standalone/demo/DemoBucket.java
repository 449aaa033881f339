package io.millrace.standalone.demo;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Puts a data set into a bucket, unless the same is there from before. */
public final class DemoBucket implements AutoCloseable {

    private static final int UPLOADS_AT_ONCE = 8;
    private static final Duration CALL_LIMIT = Duration.ofMinutes(5);

    private final S3Client s3;
    private final String bucket;

    /**
     * @param endpoint of the S3 server
     * @param bucket that exists
     * @param credentials properties file with accessKeyId and secretAccessKey
     */
    public DemoBucket(URI endpoint, String bucket, Path credentials) {
        Properties keys = new Properties();
        try (Reader reader = Files.newBufferedReader(credentials, StandardCharsets.UTF_8)) {
            keys.load(reader);
        } catch (IOException e) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR,
                    "credentials file " + credentials + " cannot be read: " + e.getMessage(),
                    e);
        }
        this.bucket = bucket;
        this.s3 =
                S3Client.builder()
                        .endpointOverride(endpoint)
                        .region(Region.US_EAST_1)
                        .forcePathStyle(true)
                        .credentialsProvider(
                                StaticCredentialsProvider.create(
                                        AwsBasicCredentials.create(
                                                keys.getProperty("accessKeyId"),
                                                keys.getProperty("secretAccessKey"))))
                        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                        .httpClientBuilder(
                                Apache5HttpClient.builder().maxConnections(2 * UPLOADS_AT_ONCE))
                        .overrideConfiguration(c -> c.apiCallTimeout(CALL_LIMIT))
                        .build();
    }

    /** Whether {@link #put} has brought this very data set below {@code prefix} before. */
    public boolean holds(DataSet data, String prefix) {
        return data.fingerprint().equals(marker(prefix));
    }

    private @Nullable String marker(String prefix) {
        try {
            return s3.getObjectAsBytes(r -> r.bucket(bucket).key(markerKey(prefix))).asUtf8String();
        } catch (S3Exception e) {
            if (e.statusCode() == 404) {
                return null;
            }
            throw failed("asked for " + markerKey(prefix), e);
        } catch (SdkException e) {
            throw failed("asked for " + markerKey(prefix), e);
        }
    }

    /** Beside the prefix, so that it is no file of the data set. */
    private static String markerKey(String prefix) {
        return "demo-data-sets/" + prefix.replaceAll("/+$", "").replace('/', '-');
    }

    /**
     * Uploads all files below {@code prefix}.
     *
     * @param prefix ends in {@code /}
     * @param progress is told the bytes of each file that has arrived, from any thread
     */
    public void put(DataSet data, String prefix, LongConsumer progress) {
        delete(markerKey(prefix));
        List<DataSet.File> files = data.files();
        AtomicLong next = new AtomicLong();
        try (ExecutorService uploads = Executors.newFixedThreadPool(UPLOADS_AT_ONCE)) {
            List<Future<?>> running = new java.util.ArrayList<>();
            for (int i = 0; i < UPLOADS_AT_ONCE; i++) {
                running.add(
                        uploads.submit(() -> {
                            // From the end: the large ones are not left for last.
                            for (long n = next.getAndIncrement();
                                    n < files.size();
                                    n = next.getAndIncrement()) {
                                DataSet.File file = files.get((int) (files.size() - 1 - n));
                                put(data, file, prefix);
                                progress.accept(file.length());
                            }
                        }));
            }
            try {
                for (Future<?> upload : running) {
                    upload.get();
                }
            } catch (ExecutionException e) {
                uploads.shutdownNow();
                throw failed("sent the data set", e.getCause() == null ? e : e.getCause());
            } catch (InterruptedException e) {
                uploads.shutdownNow();
                Thread.currentThread().interrupt();
                throw new MillraceException(ErrorCode.INTERRUPTED, "the upload was stopped", e);
            }
        }
        try {
            s3.putObject(
                    r -> r.bucket(bucket).key(markerKey(prefix)),
                    RequestBody.fromString(data.fingerprint()));
        } catch (SdkException e) {
            throw failed("sent " + markerKey(prefix), e);
        }
    }

    private void delete(String key) {
        try {
            s3.deleteObject(r -> r.bucket(bucket).key(key));
        } catch (SdkException e) {
            throw failed("told to delete " + key, e);
        }
    }

    private void put(DataSet data, DataSet.File file, String prefix) {
        ContentStreamProvider content = () -> data.content(file);
        s3.putObject(
                r -> r.bucket(bucket).key(prefix + file.path()),
                RequestBody.fromContentProvider(
                        content, file.length(), "application/octet-stream"));
    }

    private MillraceException failed(String what, Throwable cause) {
        return new MillraceException(
                ErrorCode.UNAVAILABLE,
                "bucket " + bucket + " failed when " + what + ": " + cause.getMessage(),
                cause);
    }

    @Override
    public void close() {
        s3.close();
    }
}
