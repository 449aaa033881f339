package io.millrace.embedded;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

class S3ServerTest {

    private static final String BUCKET = "test-bucket";

    @TempDir Path directory;

    @AfterEach
    void stop() {
        S3Server.running(directory).ifPresent(S3Server::stop);
    }

    @Test
    void objectsKeysAndPortOutliveAStopAndAKill() throws Exception {
        S3Server first = S3Server.start(Launch.in(directory));
        first.createBucket(BUCKET);
        String etag;
        try (S3Client client = client(first, first.secretAccessKey())) {
            etag = put(client, "a/b", "hello".getBytes(StandardCharsets.UTF_8));
        }
        first.stop();
        S3Server killed = S3Server.start(Launch.in(directory));
        assertEquals(first.port(), killed.port());
        assertEquals(first.secretAccessKey(), killed.secretAccessKey());
        new ProcessBuilder("kill", "-9", Long.toString(killed.pid())).start().waitFor();
        S3Server server = S3Server.start(Launch.in(directory));
        try (S3Client client = client(server, server.secretAccessKey())) {
            ResponseBytes<GetObjectResponse> got =
                    client.getObjectAsBytes(r -> r.bucket(BUCKET).key("a/b"));
            assertEquals("hello", got.asUtf8String());
            assertEquals(etag, got.response().eTag());
        }
    }

    @Test
    void rangesAndConditionsAreHonoured() {
        S3Server server = S3Server.start(Launch.in(directory));
        server.createBucket(BUCKET);
        try (S3Client client = client(server, server.secretAccessKey())) {
            String etag = put(client, "k", "0123456789".getBytes(StandardCharsets.UTF_8));
            ResponseBytes<GetObjectResponse> got =
                    client.getObjectAsBytes(
                            r -> r.bucket(BUCKET).key("k").range("bytes=3-5").ifMatch(etag));
            assertEquals("345", got.asUtf8String());
            assertEquals("bytes 3-5/10", got.response().contentRange());
            assertEquals(etag, got.response().eTag());
            S3Exception stale =
                    assertThrows(
                            S3Exception.class,
                            () ->
                                    client.getObjectAsBytes(r ->
                                            r.bucket(BUCKET)
                                                    .key("k")
                                                    .range("bytes=3-5")
                                                    .ifMatch("\"0123\"")));
            assertEquals(412, stale.statusCode());
        }
    }

    @Test
    void listingsFoldAndContinue() {
        S3Server server = S3Server.start(Launch.in(directory));
        server.createBucket(BUCKET);
        try (S3Client client = client(server, server.secretAccessKey())) {
            List<String> expected = List.of("a", "b/", "c d", "e/", "f+g", "ü");
            for (String key : List.of("a", "b/1", "b/2", "c d", "e/x/y", "f+g", "ü")) {
                put(client, key, new byte[] {1});
            }
            List<String> seen = new ArrayList<>();
            String token = null;
            do {
                String from = token;
                ListObjectsV2Response page =
                        client.listObjectsV2(r ->
                                r.bucket(BUCKET).delimiter("/").maxKeys(2).continuationToken(from));
                page.contents().stream().map(S3Object::key).forEach(seen::add);
                page.commonPrefixes().stream().map(CommonPrefix::prefix).forEach(seen::add);
                token = page.nextContinuationToken();
            } while (token != null);
            assertEquals(expected, seen.stream().sorted().toList());
        }
    }

    @Test
    void aListingIsInByteOrderAndPairsSizeAndETag() throws Exception {
        S3Server server = S3Server.start(Launch.in(directory));
        server.createBucket(BUCKET);
        try (S3Client client = client(server, server.secretAccessKey())) {
            List<String> keys = List.of("a-b", "a/x", "a0", "\uffee", "\ud83d\ude00");
            for (String key : keys.reversed()) {
                put(client, key, new byte[3]);
            }
            List<S3Object> seen = new ArrayList<>();
            client.listObjectsV2Paginator(r -> r.bucket(BUCKET).maxKeys(2))
                    .contents()
                    .forEach(seen::add);
            assertEquals(keys, seen.stream().map(S3Object::key).toList());
            S3Object first = seen.getFirst();
            assertEquals(client.headObject(r -> r.bucket(BUCKET).key("a-b")).eTag(), first.eTag());
            assertEquals(3, first.size());
        }
    }

    /** What downstream relies on to prove that an open file never mixes versions. */
    @Test
    void anOverwriteIsNeverSeenUnderTheOldETag() throws Exception {
        S3Server server = S3Server.start(Launch.in(directory));
        server.createBucket(BUCKET);
        int size = 4096;
        byte[] ones = new byte[size];
        byte[] twos = new byte[size];
        Arrays.fill(ones, (byte) 1);
        Arrays.fill(twos, (byte) 2);
        try (S3Client client = client(server, server.secretAccessKey())) {
            String first = put(client, "k", ones);
            String second = put(client, "k", twos);
            AtomicBoolean done = new AtomicBoolean();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread writer =
                    Thread.ofVirtual()
                            .start(() -> {
                                while (!done.get()) {
                                    put(client, "k", ones);
                                    put(client, "k", twos);
                                }
                            });
            List<Thread> readers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                readers.add(
                        Thread.ofVirtual()
                                .start(() -> {
                                    try {
                                        readLoop(client, first, second);
                                    } catch (Throwable t) {
                                        failure.set(t);
                                    }
                                }));
            }
            for (Thread reader : readers) {
                reader.join();
            }
            done.set(true);
            writer.join();
            assertEquals(null, failure.get());
        }
    }

    private static void readLoop(S3Client client, String first, String second) {
        int reads = Integer.getInteger("millrace.test.torn-reads", 1_000);
        int matched = 0;
        for (int i = 0; i < reads; i++) {
            String etag = i % 2 == 0 ? first : second;
            byte expected = (byte) (i % 2 == 0 ? 1 : 2);
            try {
                byte[] bytes =
                        client.getObjectAsBytes(r ->
                                        r.bucket(BUCKET)
                                                .key("k")
                                                .ifMatch(etag)
                                                .range("bytes=1024-2047"))
                                .asByteArray();
                byte[] wanted = new byte[1024];
                Arrays.fill(wanted, expected);
                assertArrayEquals(wanted, bytes, "bytes of another version under " + etag);
                matched++;
            } catch (S3Exception e) {
                assertEquals(412, e.statusCode());
            }
        }
        assertTrue(matched > 0, "no read met its version");
    }

    @Test
    void wrongKeysAreRefusedAndTheRightOnesAreTheOwnersOnly() throws Exception {
        S3Server server = S3Server.start(Launch.in(directory));
        server.createBucket(BUCKET);
        assertEquals(
                PosixFilePermissions.fromString("rw-------"),
                Files.getPosixFilePermissions(server.credentialsFile()));
        try (S3Client client = client(server, "guessed")) {
            S3Exception refused =
                    assertThrows(S3Exception.class, () -> put(client, "k", new byte[1]));
            assertEquals(403, refused.statusCode());
        }
    }

    @Test
    void aTakenPortIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            Launch launch = Launch.in(directory).withPort(PortChoice.exactly(taken.getLocalPort()));
            MillraceException e =
                    assertThrows(MillraceException.class, () -> S3Server.start(launch));
            assertEquals(ErrorCode.CONFLICT, e.code());
            assertTrue(e.getMessage().contains("127.0.0.1:" + taken.getLocalPort()));
        }
    }

    @Test
    void aBucketNameThatLeavesTheDirectoryIsRefused() {
        S3Server server = S3Server.start(Launch.in(directory));
        assertThrows(MillraceException.class, () -> server.createBucket("../x"));
        assertThrows(MillraceException.class, () -> server.createBucket("Upper"));
    }

    private static String put(S3Client client, String key, byte[] content) {
        return client.putObject(r -> r.bucket(BUCKET).key(key), RequestBody.fromBytes(content))
                .eTag();
    }

    private static S3Client client(S3Server server, String secret) {
        return S3Client.builder()
                .endpointOverride(server.endpoint())
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .credentialsProvider(
                        StaticCredentialsProvider.create(
                                AwsBasicCredentials.create(server.accessKeyId(), secret)))
                .httpClientBuilder(Apache5HttpClient.builder().maxConnections(16))
                .build();
    }
}
