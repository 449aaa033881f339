package io.millrace.standalone.cli;

import io.millrace.contracts.v1.AddMountRequest;
import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobKind;
import io.millrace.contracts.v1.JobState;
import io.millrace.contracts.v1.ListMountsRequest;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.MountOptions;
import io.millrace.contracts.v1.PlanJobRequest;
import io.millrace.contracts.v1.RemoveMountRequest;
import io.millrace.contracts.v1.SubmitJobRequest;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.standalone.cluster.AgentMount;
import io.millrace.standalone.cluster.Cluster;
import io.millrace.standalone.cluster.EmbeddedBucket;
import io.millrace.standalone.demo.ClientReading;
import io.millrace.standalone.demo.DataSet;
import io.millrace.standalone.demo.DemoBucket;
import io.millrace.standalone.demo.FileReading;
import io.millrace.standalone.demo.MountReading;
import io.millrace.standalone.demo.ReadPass;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** One demonstration over a cluster that runs. */
final class DemoRun {

    private static final String NAMESPACE_PATH = "/demo";
    private static final String PREFIX = "demo/";
    private static final long SHOW_INTERVAL_NANOS = 100_000_000;
    private static final int SHOWN_WRONG_FILES = 10;

    private final Session session;
    private final Cluster cluster;
    private final DataSet data;
    private final int readers;
    private final boolean noMount;
    private final Path mountPoint;
    private final PrintStream talk;
    private @Nullable String whyNoMount;

    DemoRun(Session session, Cluster cluster, DataSet data, int readers, boolean noMount) {
        this.session = session;
        this.cluster = cluster;
        this.data = data;
        this.readers = readers;
        this.noMount = noMount;
        this.mountPoint = session.home().directory().resolve("mnt");
        this.talk = session.talk();
    }

    ExitCode run() {
        EmbeddedBucket bucket = cluster.embeddedBucket();
        Map<Integer, Long> checksums = fill(bucket);
        addMount(bucket);
        freeWhatIsCached();

        talk.println();
        JobViews.PlanView plan = plan(JobKind.JOB_KIND_LOAD);
        JobReport.print(talk, plan);

        talk.println();
        ReadPass summing = ReadPass.checkingSums(data, checksums, readers);
        ReadPass.Result cold = pass("Reading it cold, " + how(), summing);

        talk.println();
        talk.println("Freeing the cache, so that the load has all to do:");
        job(JobKind.JOB_KIND_FREE);
        talk.println("Loading " + NAMESPACE_PATH + " into the cache:");
        Job load = job(JobKind.JOB_KIND_LOAD);

        talk.println();
        ReadPass.Result warm = pass("Reading it warm, " + how(), summing);
        ReadPass.Result bytes =
                pass("Comparing every byte, " + how(), ReadPass.comparingBytes(data, readers));
        return conclude(new Outcome(cold, load, warm, bytes));
    }

    private record Outcome(
            ReadPass.Result cold, Job load, ReadPass.Result warm, ReadPass.Result bytes) {

        List<String> wrong() {
            return java.util.stream.Stream.of(cold, warm, bytes)
                    .flatMap(result -> result.wrong().stream())
                    .distinct()
                    .toList();
        }
    }

    private Map<Integer, Long> fill(EmbeddedBucket bucket) {
        talk.println();
        Map<Integer, Long> checksums = new ConcurrentHashMap<>();
        data.files().parallelStream()
                .forEach(file -> checksums.put(file.number(), data.checksum(file)));
        String what =
                String.format(
                        Locale.ROOT,
                        "%,d small files and %d shards, %s",
                        data.smallFiles(),
                        data.shards(),
                        Views.bytes(data.bytes()));
        try (DemoBucket objects =
                new DemoBucket(bucket.endpoint(), bucket.name(), bucket.credentials())) {
            if (objects.holds(data, PREFIX)) {
                talk.println(
                        "The data set lies in s3://"
                                + bucket.name()
                                + "/"
                                + PREFIX
                                + " from before: "
                                + what
                                + ".");
            } else {
                talk.println(
                        "Putting a data set into s3://"
                                + bucket.name()
                                + "/"
                                + PREFIX
                                + ": "
                                + what
                                + ".");
                withProgress(data.bytes(), progress -> objects.put(data, PREFIX, progress));
            }
        }
        return checksums;
    }

    /** Mounts the prefix, anew where another mount has the path, or the S3 server another port. */
    private void addMount(EmbeddedBucket bucket) {
        String uri = "s3://" + bucket.name() + "/" + PREFIX;
        Optional<Mount> there =
                session
                        .services()
                        .metadata(s -> s.listMounts(ListMountsRequest.getDefaultInstance()))
                        .getMountsList()
                        .stream()
                        .filter(mount -> mount.getPath().equals(NAMESPACE_PATH))
                        .findFirst();
        MountOptions options =
                MountOptions.newBuilder()
                        .setEndpoint(bucket.endpoint().toString())
                        .setPathStyle(true)
                        .setCredentials("file:" + bucket.credentials())
                        .build();
        if (there.isPresent()) {
            Mount mount = there.get();
            if (mount.getUri().equals(uri)
                    && mount.getOptions().getEndpoint().equals(options.getEndpoint())) {
                return;
            }
            session.services()
                    .metadata(s ->
                            s.removeMount(
                                    RemoveMountRequest.newBuilder()
                                            .setPath(NAMESPACE_PATH)
                                            .build()));
        }
        session.services()
                .metadata(s ->
                        s.addMount(
                                AddMountRequest.newBuilder()
                                        .setPath(NAMESPACE_PATH)
                                        .setUri(uri)
                                        .setOptions(options)
                                        .build()));
        talk.println("Mounted " + uri + " at " + NAMESPACE_PATH + " of the namespace.");
    }

    private void freeWhatIsCached() {
        if (plan(JobKind.JOB_KIND_LOAD).residentBytes() > 0) {
            talk.println("Freeing what the cache holds of it, so that the first read is cold:");
            job(JobKind.JOB_KIND_FREE);
        }
    }

    private JobViews.PlanView plan(JobKind kind) {
        return JobViews.PlanView.of(
                session.services()
                        .jobs(s ->
                                s.plan(
                                        PlanJobRequest.newBuilder()
                                                .setKind(kind)
                                                .setPath(NAMESPACE_PATH)
                                                .build())));
    }

    private Job job(JobKind kind) {
        Job submitted =
                session.services()
                        .jobs(s ->
                                s.submit(
                                        SubmitJobRequest.newBuilder()
                                                .setKind(kind)
                                                .setPath(NAMESPACE_PATH)
                                                .build()));
        Job ended = new JobFollower(session).follow(submitted.getId());
        JobReport.printOutcome(talk, ended);
        if (ended.getState() != JobState.JOB_STATE_SUCCEEDED) {
            throw new MillraceException(
                    ErrorCode.INTERNAL,
                    "the "
                            + JobViews.name(kind)
                            + " job "
                            + ended.getId()
                            + " ended "
                            + JobViews.name(ended.getState()));
        }
        return ended;
    }

    private String how() {
        return noMount || whyNoMount != null
                ? "through the client library"
                : "through the mount " + mountPoint;
    }

    private ReadPass.Result pass(String title, ReadPass pass) {
        try (FileReading reading = reading()) {
            // A mount that could not be made has changed the way by now.
            talk.println(title.substring(0, title.indexOf(',') + 2) + how() + ":");
            ReadPass.Result[] result = new ReadPass.Result[1];
            withProgress(data.bytes(), progress -> result[0] = pass.run(reading, progress));
            return result[0];
        }
    }

    /**
     * A new mount for each pass: the kernel remembers nothing of the one before, so that what is
     * read comes from the bucket or from Millrace's cache.
     */
    private FileReading reading() {
        if (!noMount && whyNoMount == null) {
            try {
                cluster.unmount(mountPoint);
                cluster.mount(AgentMount.at(mountPoint.toString()));
                return new MountReading(mountPoint.resolve(NAMESPACE_PATH.substring(1)));
            } catch (MillraceException e) {
                whyNoMount = e.getMessage().lines().findFirst().orElse("");
                talk.println(
                        "No FUSE mount is possible here ("
                                + whyNoMount
                                + "), so the files are read through the client library.");
            }
        }
        return new ClientReading(
                cluster.endpoints().metadataService(), NamespacePath.parse(NAMESPACE_PATH));
    }

    private void withProgress(long total, java.util.function.Consumer<LongConsumer> work) {
        ProgressBar bar = new ProgressBar(session.terminal(), talk);
        AtomicLong done = new AtomicLong();
        long start = System.nanoTime();
        AtomicLong shown = new AtomicLong(start - SHOW_INTERVAL_NANOS);
        try {
            work.accept(count -> {
                long sum = done.addAndGet(count);
                long now = System.nanoTime();
                long last = shown.get();
                boolean due = now - last >= SHOW_INTERVAL_NANOS && shown.compareAndSet(last, now);
                if (!due && sum < total) {
                    return;
                }
                double seconds = (now - start) / 1e9;
                synchronized (bar) {
                    bar.show(
                            total == 0 ? 1 : (double) sum / total,
                            Views.bytes(sum)
                                    + " of "
                                    + Views.bytes(total)
                                    + ", "
                                    + Views.bytes(Math.round(sum / seconds))
                                    + "/s");
                }
            });
        } finally {
            bar.end();
        }
    }

    private ExitCode conclude(Outcome outcome) {
        Table table =
                new Table(
                        "",
                        ">SMALL FILES/S",
                        ">SMALL MB/S",
                        ">SHARDS MB/S",
                        ">FILES",
                        ">BYTES",
                        ">SECONDS");
        row(table, "read cold: bucket to reader", outcome.cold());
        Job load = outcome.load();
        double seconds = Math.max(1, load.getFinishedMillis() - load.getStartedMillis()) / 1e3;
        table.row(
                "load job: bucket to cache",
                "",
                "",
                "",
                load.getDoneFiles() + load.getSkippedFiles(),
                Views.bytes(load.getDoneBytes() + load.getSkippedBytes()),
                String.format(Locale.ROOT, "%.1f", seconds));
        row(table, "read warm: cache to reader", outcome.warm());
        List<String> wrong = outcome.wrong();
        session.print(
                new Result(
                        how(),
                        Figures.of(outcome.cold()),
                        JobViews.JobView.of(load),
                        Figures.of(outcome.warm()),
                        wrong,
                        cluster.endpoints().console()),
                () -> {
                    talk.println();
                    table.print(talk);
                    talk.printf(
                            Locale.ROOT,
                            "Read with %d readers, %s; made anew before each read, so that the"
                                    + " kernel remembered nothing.%n",
                            readers,
                            how());
                    talk.println();
                    sayWhetherRight(wrong);
                    talk.println();
                    UpCommand.where(talk, cluster.endpoints());
                });
        return wrong.isEmpty() ? ExitCode.OK : ExitCode.FAILURE;
    }

    private void sayWhetherRight(List<String> wrong) {
        if (wrong.isEmpty()) {
            talk.printf(
                    Locale.ROOT,
                    "Every byte read equals what was put into the bucket: %,d files, %,d bytes,"
                            + " three times.%n",
                    data.files().size(),
                    data.bytes());
            return;
        }
        talk.println(wrong.size() + " files are NOT what was put into the bucket:");
        wrong.stream()
                .limit(SHOWN_WRONG_FILES)
                .forEach(file -> talk.println("  " + Terminal.printable(file)));
    }

    private static void row(Table table, String title, ReadPass.Result result) {
        table.row(
                title,
                Math.round(result.small().filesPerSecond()),
                Math.round(result.small().megabytesPerSecond()),
                Math.round(result.shards().megabytesPerSecond()),
                result.small().files() + result.shards().files(),
                Views.bytes(result.small().bytes() + result.shards().bytes()),
                String.format(
                        Locale.ROOT, "%.1f", result.small().seconds() + result.shards().seconds()));
    }

    record Figures(
            int smallFiles, double smallSeconds, int shards, double shardSeconds, long bytes) {

        static Figures of(ReadPass.Result result) {
            return new Figures(
                    result.small().files(),
                    result.small().seconds(),
                    result.shards().files(),
                    result.shards().seconds(),
                    result.small().bytes() + result.shards().bytes());
        }
    }

    record Result(
            String read,
            Figures cold,
            JobViews.JobView load,
            Figures warm,
            List<String> wrong,
            String console) {}
}
