package io.millrace.standalone.cluster;

import io.millrace.embedded.S3Server;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A whole Millrace on this machine: Postgres, Kafka, S3, the control plane, workers and agents,
 * each a process of its own, on loopback, with everything under one home directory.
 *
 * <p>What runs is written to {@code run/cluster.json}, so that a later command finds it. No process
 * is signalled that was not started here: each is known by its pid and the moment of its start.
 * This object's lock is held while processes are started and stopped, and a lock file keeps other
 * commands out meanwhile; what is known of them is one immutable value, replaced under {@code
 * changing}, so that asking never waits.
 */
public final class Cluster implements AutoCloseable {

    private static final int START_ATTEMPTS = 3;

    private final ClusterSettings settings;
    private final Installation installation;
    private final Launcher launcher;
    private final @Nullable Watchdog watchdog;
    private final Consumer<String> progress;
    private final Object changing = new Object();
    private volatile ClusterState state;

    private Cluster(
            ClusterSettings settings,
            Installation installation,
            ClusterState state,
            @Nullable Watchdog watchdog,
            Consumer<String> progress) {
        this.settings = settings;
        this.installation = installation;
        this.state = state;
        this.watchdog = watchdog;
        this.progress = progress;
        this.launcher = new Launcher(settings.home(), settings.lifetime(), watchdog);
    }

    /**
     * Starts what does not run, and returns when all of it is ready. When a part fails, all that
     * was started here is stopped again.
     *
     * @param progress is told one line at a time, from any thread
     * @throws MillraceException that names the part that failed, with the end of its log
     */
    public static Cluster start(ClusterSettings settings, Consumer<String> progress) {
        Home home = settings.home();
        home.create();
        try (Home.Lock _ = home.lock()) {
            ClusterState before = ClusterState.read(home).orElseGet(Cluster::nothing);
            refuseOtherLayout(settings, before);
            Cluster cluster =
                    new Cluster(
                            settings,
                            Installation.find(),
                            before,
                            switch (settings.lifetime()) {
                                case WITH_PARENT -> new Watchdog();
                                case DETACHED -> null;
                            },
                            progress);
            cluster.startMissing(ClusterPlan.wanted(before, settings, home.logs()));
            return cluster;
        }
    }

    /** The cluster under {@code home}, whatever of it runs; no parts when there never was one. */
    public static Cluster at(Home home, Consumer<String> progress) {
        return new Cluster(
                ClusterSettings.of(home, Lifetime.DETACHED),
                Installation.find(),
                ClusterState.read(home).orElseGet(Cluster::nothing),
                null,
                progress);
    }

    private static ClusterState nothing() {
        return new ClusterState(ClusterState.VERSION, Layout.SHARED, 0, List.of());
    }

    private static void refuseOtherLayout(ClusterSettings settings, ClusterState before) {
        if (before.isRunning()
                && settings.layout() != null
                && settings.layout() != before.layout()) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    "the cluster under "
                            + settings.home().directory()
                            + (before.layout() == Layout.SHARED
                                    ? " runs its control plane in one process"
                                    : " runs one process per service")
                            + "; 'millrace down' stops it first");
        }
    }

    public ClusterState state() {
        return state;
    }

    public Home home() {
        return settings.home();
    }

    /** Where the services are reached. */
    public Endpoints endpoints() {
        return Endpoints.of(state);
    }

    /**
     * The bucket of the embedded S3 server.
     *
     * @throws MillraceException UNAVAILABLE when the server does not run
     */
    public EmbeddedBucket embeddedBucket() {
        S3Server server =
                S3Server.running(home().data("s3"))
                        .orElseThrow(() ->
                                new MillraceException(
                                        ErrorCode.UNAVAILABLE,
                                        "the embedded S3 server does not run; 'millrace"
                                                + " up' starts it"));
        return new EmbeddedBucket(ClusterPlan.BUCKET, server.endpoint(), server.credentialsFile());
    }

    /** All parts, in the order of starting. */
    public List<Part> parts() {
        return state.parts().stream().map(part -> new Part(this, part.name())).toList();
    }

    /**
     * The part of that name.
     *
     * @throws MillraceException NOT_FOUND when there is none
     */
    public Part part(String name) {
        return new Part(this, record(name).name());
    }

    /** The workers, by number. */
    public List<Part> workers() {
        return state.parts(PartKind.WORKER).stream()
                .map(part -> new Part(this, part.name()))
                .toList();
    }

    /** Starts one more worker and returns when it is ready. */
    public synchronized Part addWorker() {
        int count = state.parts(PartKind.WORKER).size() + 1;
        try (Home.Lock _ = home().lock()) {
            startMissing(ClusterPlan.wanted(state, settings.withWorkers(count), home().logs()));
        }
        return part("worker-" + count);
    }

    /**
     * Starts an agent that shows {@code mount}, and returns when it is mounted.
     *
     * @throws MillraceException CONFLICT when something is mounted there already
     */
    public synchronized Part mount(AgentMount mount) {
        Path directory = Path.of(mount.directory());
        Optional<PartRecord> known = agent(directory);
        if (known.map(PartRecord::isRunning).orElse(false)) {
            throw new MillraceException(
                    ErrorCode.CONFLICT,
                    directory + " is mounted already, by " + known.orElseThrow().name());
        }
        String name =
                known.map(PartRecord::name)
                        .orElseGet(() -> ClusterPlan.freeAgentName(state.parts(PartKind.AGENT)));
        String service = mount.metadataService();
        PartSpec spec =
                ClusterPlan.agent(
                        installation,
                        name,
                        mount,
                        service == null ? endpoints().metadataService() : service,
                        home(),
                        ClusterPlan.settings(settings.properties(), PartKind.AGENT));
        try (Home.Lock _ = home().lock()) {
            try {
                Files.createDirectories(directory);
                start(List.of(spec));
            } catch (MillraceException e) {
                save(without(state, name));
                throw e;
            } catch (IOException e) {
                throw new MillraceException(
                        ErrorCode.IO_ERROR,
                        "mount point " + directory + " cannot be made: " + e.getMessage(),
                        e);
            }
        }
        return part(name);
    }

    /** Unmounts {@code directory} and ends its agent; false when none of this cluster is there. */
    public synchronized boolean unmount(Path directory) {
        Optional<PartRecord> agent = agent(directory.toAbsolutePath().normalize());
        if (agent.isEmpty()) {
            return false;
        }
        try (Home.Lock _ = home().lock()) {
            if (launcher.stop(agent.get()) == Launcher.Stop.STILL_MOUNTED) {
                throw new MillraceException(
                        ErrorCode.CONFLICT,
                        directory + " cannot be unmounted: a process still uses it");
            }
            save(without(state, agent.get().name()));
        }
        return true;
    }

    private Optional<PartRecord> agent(Path directory) {
        return state.parts(PartKind.AGENT).stream()
                .filter(part ->
                        part.mount() != null
                                && part.mount().directory().equals(directory.toString()))
                .findFirst();
    }

    /** Stops everything, the mounts first. What is stored stays. */
    public synchronized StopReport stop() {
        StopReport report;
        try (Home.Lock _ = home().lock()) {
            report = stopStages(state.parts());
        }
        if (watchdog != null) {
            watchdog.close();
        }
        return report;
    }

    private StopReport stopStages(List<PartRecord> parts) {
        Map<String, String> forced = new ConcurrentSkipListMap<>();
        Map<String, String> left = new ConcurrentSkipListMap<>();
        List<Integer> stages =
                parts.stream()
                        .map(part -> part.kind().stage())
                        .distinct()
                        .sorted(Comparator.reverseOrder())
                        .toList();
        for (int stage : stages) {
            List<PartRecord> together =
                    parts.stream().filter(part -> part.kind().stage() == stage).toList();
            Together.run(
                    together,
                    part -> {
                        switch (launcher.stop(part)) {
                            case WAS_NOT_RUNNING -> {}
                            case IN_ORDER -> progress.accept("stopped " + part.name());
                            case KILLED ->
                                    forced.put(part.name(), "did not end in time and was killed");
                            case STILL_RUNNING -> left.put(part.name(), "still runs");
                            case STILL_MOUNTED -> left.put(part.name(), "is still mounted");
                        }
                        return part;
                    });
            for (PartRecord part : together) {
                if (!left.containsKey(part.name())) {
                    save(with(state, part.stopped()));
                }
            }
        }
        return new StopReport(forced, left);
    }

    /** Stops everything. */
    @Override
    public void close() {
        stop();
    }

    PartRecord record(String name) {
        return state.part(name)
                .orElseThrow(() ->
                        new MillraceException(ErrorCode.NOT_FOUND, "there is no part " + name));
    }

    void killPart(String name) {
        ProcessIdentity process = record(name).process();
        if (process != null) {
            process.kill();
            process.awaitEnd(PartKind.S3.stopLimit());
        }
    }

    synchronized void stopPart(String name) {
        launcher.stop(record(name));
    }

    synchronized void startPart(String name) {
        if (!record(name).isRunning()) {
            try (Home.Lock _ = home().lock()) {
                start(plan(state).stream().filter(spec -> spec.name().equals(name)).toList());
            }
        }
    }

    private List<PartSpec> plan(ClusterState wanted) {
        Ports ports = new Ports(settings.portChoice(), ClusterState.readPorts(home()));
        List<PartSpec> specs =
                ClusterPlan.of(installation, home(), ports, state, wanted, settings.properties());
        ClusterState.writePorts(home(), ports.given());
        ports.replaced()
                .forEach((purpose, port) ->
                        progress.accept(
                                "port "
                                        + port
                                        + " of "
                                        + purpose
                                        + " is taken; using "
                                        + ports.given().get(purpose)));
        return specs;
    }

    private synchronized void startMissing(ClusterState wanted) {
        for (int attempt = 1; ; attempt++) {
            List<PartSpec> missing =
                    plan(wanted).stream().filter(spec -> !isRunning(spec.name())).toList();
            expect(wanted);
            try {
                start(missing);
                return;
            } catch (MillraceException e) {
                if (attempt == START_ATTEMPTS || !hasLostPort(missing)) {
                    throw e;
                }
                progress.accept("another process has taken a port meanwhile; starting again");
            }
        }
    }

    private boolean isRunning(String name) {
        return state.part(name).map(PartRecord::isRunning).orElse(false);
    }

    /** Whether a port is held by a stranger: none of these parts runs any more. */
    private static boolean hasLostPort(List<PartSpec> stopped) {
        return stopped.stream()
                .flatMap(spec -> spec.ports().values().stream())
                .anyMatch(port -> !Ports.canBeBound(port));
    }

    /** Writes down what is to run, before it does. */
    private void expect(ClusterState wanted) {
        ClusterState kept = state;
        for (PartRecord part : wanted.parts()) {
            kept = kept.part(part.name()).isPresent() ? kept : with(kept, part);
        }
        save(
                new ClusterState(
                        ClusterState.VERSION,
                        wanted.layout(),
                        wanted.workerCapacityBytes(),
                        kept.parts().stream()
                                .filter(part ->
                                        part.isRunning() || wanted.part(part.name()).isPresent())
                                .toList()));
    }

    private void start(List<PartSpec> missing) {
        Thread undo = new Thread(() -> undo(missing), "undo-start");
        Runtime.getRuntime().addShutdownHook(undo);
        try {
            List<Integer> stages =
                    missing.stream().map(spec -> spec.kind().stage()).distinct().sorted().toList();
            for (int stage : stages) {
                startTogether(
                        missing.stream().filter(spec -> spec.kind().stage() == stage).toList());
            }
        } catch (RuntimeException e) {
            undo(missing);
            throw e;
        } finally {
            removeHook(undo);
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // This process is ending: the hook is at work.
        }
    }

    private void undo(List<PartSpec> started) {
        List<String> names = started.stream().map(PartSpec::name).toList();
        stopStages(state.parts().stream().filter(part -> names.contains(part.name())).toList());
    }

    private void startTogether(List<PartSpec> specs) {
        long from = System.nanoTime();
        Together.run(
                specs,
                spec -> {
                    PartRecord part = launcher.spawn(spec);
                    remember(part);
                    launcher.awaitReady(spec, part);
                    progress.accept(
                            String.format(
                                    Locale.ROOT,
                                    "%-16s ready  %s (%.1f s)",
                                    spec.name(),
                                    address(spec),
                                    (System.nanoTime() - from) / 1e9));
                    return part;
                });
    }

    private static String address(PartSpec spec) {
        if (spec.mount() != null) {
            return spec.mount().directory();
        }
        List<String> ports = new ArrayList<>();
        new TreeMap<>(spec.ports())
                .forEach((purpose, port) ->
                        ports.add(
                                purpose.equals(spec.name())
                                        ? Integer.toString(port)
                                        : purpose + " " + port));
        return ClusterPlan.HOST + " " + String.join(", ", ports);
    }

    /** Called by the threads that start parts, while the one that waits for them holds the lock. */
    private void remember(PartRecord part) {
        synchronized (changing) {
            save(with(state, part));
        }
    }

    private void save(ClusterState next) {
        synchronized (changing) {
            state = next;
            next.write(home());
        }
    }

    private static ClusterState with(ClusterState state, PartRecord changed) {
        List<PartRecord> parts = new ArrayList<>(state.parts());
        parts.removeIf(part -> part.name().equals(changed.name()));
        parts.add(changed);
        return new ClusterState(
                state.version(), state.layout(), state.workerCapacityBytes(), parts);
    }

    private static ClusterState without(ClusterState state, String name) {
        return new ClusterState(
                state.version(),
                state.layout(),
                state.workerCapacityBytes(),
                state.parts().stream().filter(part -> !part.name().equals(name)).toList());
    }
}
