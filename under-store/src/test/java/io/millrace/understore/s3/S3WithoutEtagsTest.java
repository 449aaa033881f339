package io.millrace.understore.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.embedded.S3Server;
import io.millrace.embedded.testing.TestServers;
import io.millrace.understore.UnderStore;
import io.millrace.understore.UnderStoreConformance;
import io.millrace.understore.UnderStoreSettings;
import io.millrace.understore.UnderStores;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * The suite against the embedded S3 server, whose ETags are taken out of its answers on the way.
 * Each object put has another second as its modification time than the one before.
 */
class S3WithoutEtagsTest extends UnderStoreConformance {

    private static final byte[] TAG = {'E', 'T', 'a', 'g'};
    private static final AtomicInteger BUCKETS = new AtomicInteger();

    private static S3Server server;
    private static S3Client client;
    private static ServerSocket relay;

    private final AtomicInteger puts = new AtomicInteger();
    private String bucket = "";

    @BeforeAll
    static void startServer() throws IOException {
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
        relay = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
        Thread.ofVirtual().start(S3WithoutEtagsTest::relay);
    }

    @AfterAll
    static void stopRelay() throws IOException {
        client.close();
        relay.close();
    }

    @Test
    void theVersionIsTimeAndLength() {
        put("k", content(100, 1));
        Instant modified = store.stat("k").orElseThrow().modified();
        assertEquals("modified=" + modified.getEpochSecond() + ";length=100", version("k"));
    }

    @Override
    protected UnderStore open() {
        bucket = "without-etags-" + BUCKETS.incrementAndGet();
        server.createBucket(bucket);
        return UnderStores.open(
                new UnderStoreSettings(
                        URI.create("s3://" + bucket + "/"),
                        "http://127.0.0.1:" + relay.getLocalPort(),
                        "",
                        true,
                        "file:" + server.credentialsFile(),
                        UnderStoreSettings.Limits.DEFAULT));
    }

    @Override
    protected void put(String key, byte[] content) {
        client.putObject(r -> r.bucket(bucket).key(key), RequestBody.fromBytes(content));
        Path file = server.directory().resolve("data").resolve(bucket).resolve(key);
        try {
            if (Files.isRegularFile(file)) {
                int seconds = puts.incrementAndGet() % 50 - 50;
                Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(seconds)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    protected void delete(String key) {
        client.deleteObject(r -> r.bucket(bucket).key(key));
    }

    private static void relay() {
        while (!relay.isClosed()) {
            try {
                Socket here = relay.accept();
                Socket there = new Socket(InetAddress.ofLiteral("127.0.0.1"), server.port());
                here.setTcpNoDelay(true);
                there.setTcpNoDelay(true);
                Thread.ofVirtual().start(() -> copy(here, there, false));
                Thread.ofVirtual().start(() -> copy(there, here, true));
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void copy(Socket from, Socket to, boolean hiding) {
        byte[] buffer = new byte[64 << 10];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
                if (hiding) {
                    hideTags(buffer, n);
                }
                out.write(buffer, 0, n);
            }
        } catch (IOException e) {
            // One side has gone; the other goes with it.
        }
    }

    /** An answer's head, and a short listing, come in one piece. */
    private static void hideTags(byte[] buffer, int length) {
        for (int at = 0; at + TAG.length <= length; at++) {
            if (java.util.Arrays.equals(buffer, at, at + TAG.length, TAG, 0, TAG.length)) {
                buffer[at] = 'X';
            }
        }
    }
}
