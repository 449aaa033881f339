package io.millrace.bench;

import io.millrace.model.ByteRange;
import io.millrace.testkit.store.GeneratedObjects;
import io.millrace.understore.UnderStore;
import io.millrace.understore.UnderStoreSettings;
import io.millrace.understore.UnderStores;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * What a GET of a small object costs this process: by the under store, and by the AWS SDK's client
 * as programs use it. The bucket is a lean one in a process of its own.
 */
@Command(
        name = "bench/run store",
        mixinStandardHelpOptions = true,
        description = "GETs of small objects: CPU time of each, and how many in a second.")
public final class StoreBench implements Callable<Integer> {

    private static final int OBJECTS = 10_000;

    @Option(names = "--rounds", description = "Medians are over these (default ${DEFAULT-VALUE}).")
    private int rounds = 5;

    @Option(names = "--bytes", description = "Of an object (default ${DEFAULT-VALUE}).")
    private int bytes = 110_000;

    @Option(names = "--gets", description = "Of a round (default ${DEFAULT-VALUE}).")
    private int gets = 10_000;

    @Option(names = "--at-once", description = "Requests in flight (default ${DEFAULT-VALUE}).")
    private int atOnce = 8;

    /** Reads one object into a buffer; how many bytes it has. */
    private interface Read {
        int read(String key, byte[] buffer) throws IOException;
    }

    /** CPU time in ms of a GET, and GETs in a second. */
    private record Figures(double cpuMillis, double perSecond) {}

    public static void main(String[] arguments) {
        System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
        Logger.getLogger("").setLevel(Level.WARNING);
        System.exit(new CommandLine(new StoreBench()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        GeneratedObjects objects = new GeneratedObjects(OBJECTS, bytes, 0, 0);
        Path credentials = Files.createTempFile("millrace-bench", ".properties");
        try (LeanBucket server = LeanBucket.start(objects, 0, 0);
                UnderStore store = openStore(server.endpoint(), credentials);
                S3Client plain = plainClient(server.endpoint())) {
            compare(
                    objects,
                    (key, buffer) -> readStore(store, key, buffer),
                    (key, buffer) -> readPlain(plain, key, buffer));
        } finally {
            Files.delete(credentials);
        }
        return 0;
    }

    private void compare(GeneratedObjects objects, Read store, Read plain) throws Exception {
        List<Figures> byStore = new ArrayList<>();
        List<Figures> byPlain = new ArrayList<>();
        for (int round = -3; round < rounds; round++) {
            Figures one = measure(objects, store);
            Figures other = measure(objects, plain);
            if (round >= 0) {
                byStore.add(one);
                byPlain.add(other);
            }
        }
        System.out.println("| | CPU ms | GETs/s |\n|---|---|---|");
        print("under store", byStore);
        print("AWS SDK", byPlain);
    }

    private static void print(String name, List<Figures> figures) {
        double[] cpu = figures.stream().mapToDouble(Figures::cpuMillis).sorted().toArray();
        double[] rate = figures.stream().mapToDouble(Figures::perSecond).sorted().toArray();
        System.out.printf(
                Locale.ROOT,
                "| %s | %.3f | %,.0f |%n",
                name,
                cpu[cpu.length / 2],
                rate[rate.length / 2]);
    }

    private Figures measure(GeneratedObjects objects, Read read) throws Exception {
        AtomicInteger next = new AtomicInteger();
        double cpu = cpuSeconds();
        long start = System.nanoTime();
        try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int reader = 0; reader < atOnce; reader++) {
                all.add(
                        readers.submit(() -> {
                            byte[] buffer = new byte[bytes];
                            for (int at = next.getAndIncrement();
                                    at < gets;
                                    at = next.getAndIncrement()) {
                                String key = objects.at((int) (at * 7_919L % OBJECTS)).key();
                                if (read.read(key, buffer) != bytes) {
                                    throw new IOException(key + " has not all its bytes");
                                }
                            }
                            return null;
                        }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        return new Figures((cpuSeconds() - cpu) * 1e3 / gets, gets / seconds);
    }

    private static int readStore(UnderStore store, String key, byte[] buffer) throws IOException {
        String version = new GeneratedObjects.Generated(key, buffer.length).etag();
        try (InputStream body = store.read(key, version, new ByteRange(0, buffer.length))) {
            return body.readNBytes(buffer, 0, buffer.length);
        }
    }

    private static int readPlain(S3Client client, String key, byte[] buffer) throws IOException {
        try (InputStream body = client.getObject(get -> get.bucket("bucket").key(key))) {
            return body.readNBytes(buffer, 0, buffer.length);
        }
    }

    private static UnderStore openStore(String endpoint, Path credentials) throws IOException {
        Files.writeString(credentials, "accessKeyId=key\nsecretAccessKey=secret\n");
        return UnderStores.open(
                new UnderStoreSettings(
                        URI.create("s3://bucket/"),
                        endpoint,
                        "us-east-1",
                        true,
                        "file:" + credentials,
                        UnderStoreSettings.Limits.DEFAULT));
    }

    private static S3Client plainClient(String endpoint) {
        return S3Client.builder()
                .httpClientBuilder(Apache5HttpClient.builder().maxConnections(64))
                .endpointOverride(URI.create(endpoint))
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .credentialsProvider(
                        StaticCredentialsProvider.create(
                                AwsBasicCredentials.create("key", "secret")))
                .build();
    }

    private static double cpuSeconds() {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
    }
}
