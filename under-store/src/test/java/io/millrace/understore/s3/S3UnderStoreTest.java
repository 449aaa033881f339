package io.millrace.understore.s3;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.embedded.S3Server;
import io.millrace.embedded.testing.TestServers;
import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.ObjectAttributes;
import io.millrace.understore.ListPage;
import io.millrace.understore.ObjectStatus;
import io.millrace.understore.UnderStore;
import io.millrace.understore.UnderStore.Depth;
import io.millrace.understore.UnderStoreConformance;
import io.millrace.understore.UnderStoreSettings;
import io.millrace.understore.UnderStores;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;

/** The suite against the embedded S3 server, under a prefix of a bucket. */
class S3UnderStoreTest extends UnderStoreConformance {

    private static final AtomicInteger BUCKETS = new AtomicInteger();
    private static final String PREFIX = "data sets/v1/";

    private static S3Server server;
    private static S3Client client;

    private String bucket = "";

    @BeforeAll
    static void startServer() {
        server = TestServers.s3();
        client =
                S3Client.builder()
                        .endpointOverride(server.endpoint())
                        .region(Region.US_EAST_1)
                        .forcePathStyle(true)
                        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                        .credentialsProvider(
                                StaticCredentialsProvider.create(
                                        AwsBasicCredentials.create(
                                                server.accessKeyId(), server.secretAccessKey())))
                        .httpClientBuilder(Apache5HttpClient.builder())
                        .build();
    }

    @AfterAll
    static void closeClient() {
        client.close();
    }

    @Override
    protected UnderStore open() {
        bucket = "under-store-" + BUCKETS.incrementAndGet();
        server.createBucket(bucket);
        return UnderStores.open(settings("s3://" + bucket + "/data%20sets/v1"));
    }

    private static UnderStoreSettings settings(String uri) {
        return settings(uri, "file:" + server.credentialsFile());
    }

    private static UnderStoreSettings settings(String uri, String credentials) {
        return new UnderStoreSettings(
                URI.create(uri),
                server.endpoint().toString(),
                "",
                true,
                credentials,
                UnderStoreSettings.Limits.DEFAULT);
    }

    @Override
    protected void put(String key, byte[] content) {
        client.putObject(r -> r.bucket(bucket).key(PREFIX + key), RequestBody.fromBytes(content));
    }

    @Override
    protected void delete(String key) {
        client.deleteObject(r -> r.bucket(bucket).key(PREFIX + key));
    }

    @Test
    void directoryMarkersAreObjectsOfNoLength() {
        put("d/", new byte[0]);
        put("d/a", content(3, 1));
        ListPage root = list("", Depth.ONE_LEVEL, 10);
        assertEquals(List.of("d/"), root.commonPrefixes());
        List<String> below = keys(list("d/", Depth.ONE_LEVEL, 10));
        assertTrue(below.contains("d/a"), below::toString);
        assertFalse(below.contains(""), below::toString);
    }

    @Test
    void whatAnObjectsMetadataSaysOfItIsKnownOnceItIsLookedAtAlone() {
        client.putObject(
                r ->
                        r.bucket(bucket)
                                .key(PREFIX + "a")
                                .metadata(Map.of("uid", "1000", "mode", "33152", "mtime", "1.5")),
                RequestBody.fromBytes(content(3, 1)));

        ObjectStatus looked = store.stat("a").orElseThrow();

        assertEquals(new ObjectAttributes(1000L, null, 0600, 1_500L), looked.attributes());
        assertEquals(
                List.of(looked.withAttributes(ObjectAttributes.NONE)),
                list("", Depth.ONE_LEVEL, 10).objects());
    }

    @Test
    void theMarkerOfTheRootIsNotListed() {
        put("", new byte[0]);
        put("a", content(3, 1));
        assertEquals(List.of("a"), all("", Depth.ONE_LEVEL, 1));
        assertEquals(List.of("a"), all("", Depth.ALL_LEVELS, 1));
    }

    @Test
    void nothingOutsideThePrefixIsSeen() {
        client.putObject(
                r -> r.bucket(bucket).key("data sets/v10/x"), RequestBody.fromBytes(new byte[1]));
        put("a", content(1, 1));
        assertEquals(List.of("a"), all("", Depth.ALL_LEVELS, 10));
    }

    @Test
    void objectsUploadedInPartsAreReadByTheirVersion() throws Exception {
        byte[] first = content(5 << 20, 1);
        byte[] second = content(1000, 2);
        String key = PREFIX + "parts";
        CreateMultipartUploadResponse upload =
                client.createMultipartUpload(r -> r.bucket(bucket).key(key));
        String one = part(upload, key, 1, first);
        String two = part(upload, key, 2, second);
        client.completeMultipartUpload(r ->
                r.bucket(bucket)
                        .key(key)
                        .uploadId(upload.uploadId())
                        .multipartUpload(m -> m.parts(completed(1, one), completed(2, two))));
        assertEquals(
                version("parts"),
                list("", Depth.ONE_LEVEL, 5).objects().getFirst().objectVersion());
        assertArrayEquals(second, read("parts", new ByteRange(first.length, second.length)));
    }

    private String part(
            CreateMultipartUploadResponse upload, String key, int number, byte[] bytes) {
        return client.uploadPart(
                        r ->
                                r.bucket(bucket)
                                        .key(key)
                                        .uploadId(upload.uploadId())
                                        .partNumber(number),
                        RequestBody.fromBytes(bytes))
                .eTag();
    }

    private static CompletedPart completed(int number, String etag) {
        return CompletedPart.builder().partNumber(number).eTag(etag).build();
    }

    @Test
    void aMissingBucketIsNamed() {
        try (UnderStore missing = UnderStores.open(settings("s3://no-such-bucket/"))) {
            for (Runnable call :
                    List.<Runnable>of(
                            () -> missing.stat("k"),
                            () -> missing.list("", Depth.ONE_LEVEL, null, 10),
                            () -> missing.read("k", "\"1\"", new ByteRange(0, 1)))) {
                MillraceException e = assertThrows(MillraceException.class, call::run);
                assertEquals(ErrorCode.NOT_FOUND, e.code());
                assertTrue(e.getMessage().contains("no bucket no-such-bucket"), e.getMessage());
            }
        }
    }

    @Test
    void wrongCredentialsAreRefusedWithoutBeingTold(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("credentials.properties");
        Files.writeString(
                file, "accessKeyId=" + server.accessKeyId() + "\nsecretAccessKey=guessed-secret\n");
        String uri = "s3://" + bucket + "/";
        try (UnderStore refused = UnderStores.open(settings(uri, "file:" + file))) {
            for (Runnable call :
                    List.<Runnable>of(
                            () -> refused.stat("k"),
                            () -> refused.list("", Depth.ONE_LEVEL, null, 10),
                            () -> refused.read("k", "\"1\"", new ByteRange(0, 1)))) {
                MillraceException e = assertThrows(MillraceException.class, call::run);
                assertEquals(ErrorCode.PERMISSION_DENIED, e.code());
                assertTrue(e.getMessage().contains("file:" + file), e.getMessage());
                assertFalse(e.getMessage().contains("guessed-secret"));
            }
        }
    }

    @Test
    void anonymousAccessIsRefusedHere() {
        put("k", content(10, 1));
        String version = version("k");
        try (UnderStore anonymous =
                UnderStores.open(settings("s3://" + bucket + "/", "anonymous"))) {
            MillraceException e =
                    assertThrows(
                            MillraceException.class,
                            () -> anonymous.list("", Depth.ONE_LEVEL, null, 10));
            assertEquals(ErrorCode.PERMISSION_DENIED, e.code());
            e =
                    assertThrows(
                            MillraceException.class,
                            () -> anonymous.read(PREFIX + "k", version, new ByteRange(0, 1)));
            assertEquals(ErrorCode.PERMISSION_DENIED, e.code());
        }
    }

    @Test
    void aReferenceThatLeadsNowhereIsRefusedAtOnce() {
        for (String reference :
                List.of(
                        "file:/no/such/file",
                        "env:NO_SUCH_PREFIX",
                        "profile:no-such-profile",
                        "secret",
                        "vault:x",
                        "file:")) {
            MillraceException e =
                    assertThrows(
                            MillraceException.class,
                            () -> UnderStores.open(settings("s3://bucket/", reference)));
            assertEquals(ErrorCode.INVALID_ARGUMENT, e.code(), reference);
        }
    }
}
