package io.millrace.block;

import io.millrace.block.cluster.ClusterView;
import io.millrace.block.fill.Admission;
import io.millrace.block.fill.FileRead;
import io.millrace.block.fill.FillMeter;
import io.millrace.block.fill.FillSettings;
import io.millrace.block.fill.Filler;
import io.millrace.block.mounts.MountTable;
import io.millrace.block.peers.PeerMeter;
import io.millrace.block.peers.PeerSettings;
import io.millrace.block.peers.Peers;
import io.millrace.cache.CacheSettings;
import io.millrace.cache.CacheStore;
import io.millrace.cache.eviction.CacheClass;
import io.millrace.contracts.DataPort.Origin;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.MountOptions;
import io.millrace.model.ByteCount;
import io.millrace.model.ByteRange;
import io.millrace.model.FileSource;
import io.millrace.model.WorkerId;
import io.millrace.understore.BucketLimits;
import io.millrace.understore.CallCounts;
import io.millrace.understore.ObjectStatus;
import io.millrace.understore.UnderStore;
import io.millrace.understore.UnderStores;
import io.millrace.understore.faults.FaultyUnderStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** A cache and a filler over a real directory whose calls are counted, and may go wrong. */
public final class TestWorkerParts implements AutoCloseable {

    public static final long MOUNT = 7;

    public final Path source;
    public final CallCounts counts = new CallCounts();
    public final CacheStore cache;
    public final MountTable mounts;
    public final ClusterView view;
    public final Filler filler;

    /** What the cache is told of files. */
    public volatile Function<FileSource, CacheClass> classes = _ -> CacheClass.DEFAULT;

    /** Whether paths may occupy more. */
    public volatile Admission quota = Admission.ALL;

    private final Admission admission =
            new Admission() {
                @Override
                public boolean take(FileSource source, long bytes) {
                    return quota.take(source, bytes);
                }

                @Override
                public Optional<String> refusal(FileSource source) {
                    return quota.refusal(source);
                }
            };

    private final Peers peers;
    private final Faults faults = new Faults();

    /** What the next calls do. */
    public static final class Faults implements FaultyUnderStore.Faults {
        public volatile FaultyUnderStore.Faults now = new FaultyUnderStore.Faults() {};

        @Override
        public void before(io.millrace.understore.UnderStoreListener.Verb verb, String subject) {
            now.before(verb, subject);
        }

        @Override
        public long breakAfter(String key, ByteRange range) {
            return now.breakAfter(key, range);
        }
    }

    public TestWorkerParts(Path directory, long capacityBytes, FillSettings settings)
            throws IOException {
        this(directory, new WorkerId("w1"), capacityBytes, settings, System::nanoTime);
    }

    /** One of several workers over one directory of objects. */
    public TestWorkerParts(
            Path directory,
            WorkerId self,
            long capacityBytes,
            FillSettings settings,
            LongSupplier nanoTime)
            throws IOException {
        source = Files.createDirectories(directory.resolve("source"));
        cache =
                CacheStore.open(
                        CacheSettings.of(
                                directory.resolve("cache-" + self), new ByteCount(capacityBytes)));
        view = new ClusterView(self, nanoTime);
        peers = new Peers(view, PeerSettings.DEFAULT, PeerMeter.NONE, nanoTime);
        Mount mount =
                Mount.newBuilder()
                        .setId(MOUNT)
                        .setPath("/data")
                        .setUri(source.toUri().toString())
                        .setOptions(MountOptions.newBuilder().setBlockBytes(4 << 20))
                        .build();
        mounts =
                new MountTable(
                        (wanted, attempts) -> {
                            UnderStore counted =
                                    UnderStores.observed(
                                            UnderStores.open(wanted, attempts), counts);
                            return new FaultyUnderStore(counted, faults);
                        },
                        new BucketLimits(settings.maxGets(), System::nanoTime),
                        () -> List.of(mount));
        filler =
                new Filler(
                        cache,
                        mounts,
                        peers,
                        file -> classes.apply(file),
                        admission,
                        settings,
                        FillMeter.NONE);
    }

    public TestWorkerParts(Path directory, long capacityBytes) throws IOException {
        this(
                directory,
                capacityBytes,
                new FillSettings(8, 4, 4L << 20, 0, 16L << 20, Duration.ofSeconds(10)));
    }

    public Faults faults() {
        return faults;
    }

    /** Writes an object of random bytes. */
    public byte[] object(String key, int length) throws IOException {
        byte[] bytes = new byte[length];
        new Random(key.hashCode() * 31L + length).nextBytes(bytes);
        Path file = source.resolve(key);
        Files.createDirectories(file.getParent());
        Files.write(file, bytes);
        return bytes;
    }

    /** The object as it is now. */
    public FileSource stat(String key) {
        ObjectStatus status = mounts.find(MOUNT).store().stat(key).orElseThrow();
        return new FileSource(MOUNT, key, status.objectVersion(), status.length());
    }

    /** Reads through the cache. */
    public byte[] read(FileSource file, ByteRange range) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (FileRead read = filler.read(file.fileVersion(), file, range, Origin.CLUSTER)) {
            while (read.hasNext()) {
                FileRead.Piece piece = read.next();
                byte[] bytes = new byte[piece.bytes().remaining()];
                piece.bytes().duplicate().get(bytes);
                out.writeBytes(bytes);
                piece.release().run();
            }
        }
        return out.toByteArray();
    }

    @Override
    public void close() {
        peers.close();
        mounts.close();
        cache.close();
    }
}
