package io.millrace.testkit.cluster;

import io.millrace.embedded.S3Server;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** A bucket of the embedded S3 server, as its owner writes to it: past Millrace. */
public final class Bucket implements AutoCloseable {

    private static final int UPLOADS_AT_ONCE = 8;

    private final S3Server server;
    private final String name;
    private final S3Client client;

    Bucket(S3Server server, String name) {
        this.server = server;
        this.name = name;
        server.createBucket(name);
        this.client =
                S3Client.builder()
                        .httpClientBuilder(Apache5HttpClient.builder().maxConnections(32))
                        .endpointOverride(server.endpoint())
                        .region(Region.US_EAST_1)
                        .forcePathStyle(true)
                        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                        .credentialsProvider(credentials())
                        .build();
    }

    public String name() {
        return name;
    }

    /** What a mount says instead of keys. */
    public String credentialsReference() {
        return "file:" + server.credentialsFile();
    }

    /** What another client signs with. */
    public AwsCredentialsProvider credentials() {
        return StaticCredentialsProvider.create(
                AwsBasicCredentials.create(server.accessKeyId(), server.secretAccessKey()));
    }

    public int port() {
        return server.port();
    }

    public void put(String key, byte[] content) {
        put(key, content, Map.of());
    }

    /** With user metadata, by name without {@code x-amz-meta-}. */
    public void put(String key, byte[] content, Map<String, String> metadata) {
        client.putObject(
                put -> put.bucket(name).key(key).metadata(metadata),
                RequestBody.fromContentProvider(
                        ContentStreamProvider.fromByteArrayUnsafe(content),
                        content.length,
                        "application/octet-stream"));
    }

    /** When the bucket says that {@code key} was written, which is exact to the second. */
    public Instant modified(String key) {
        return client.headObject(head -> head.bucket(name).key(key)).lastModified();
    }

    public void delete(String key) {
        client.deleteObject(delete -> delete.bucket(name).key(key));
    }

    /**
     * Writes every file of {@code data} below {@code prefix}, which is empty or ends in a slash.
     */
    public void putAll(DataSet data, String prefix) throws Exception {
        try (ExecutorService uploads = Executors.newFixedThreadPool(UPLOADS_AT_ONCE)) {
            List<? extends Future<?>> all =
                    data.paths().stream()
                            .map(path ->
                                    uploads.submit(() -> put(prefix + path, data.content(path))))
                            .toList();
            for (Future<?> one : all) {
                one.get();
            }
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
