package io.millrace.testkit.simulation;

import io.millrace.cache.CacheUsage;
import io.millrace.model.ByteRange;
import io.millrace.model.FileVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of workers, its bucket, disks and network on one thread: a seed chooses what happens,
 * what fails and who goes on when, and invariants are checked after each step.
 *
 * <p>The workers' parts are the real ones: the cache on its directories, filler, peers, mount
 * table, ring and placement. Simulated are the under store, the network between workers (without
 * its HTTP), what the disks do wrong, threads and clock. Not simulated are timeouts of the code
 * under test, which are of real time, metadata-service, jobs and agents.
 */
public final class Simulation {

    private static final Logger PRODUCT = Logger.getLogger("io.millrace");
    private static final int MIB = 1 << 20;
    private static final int ACTIONS = 120;
    private static final int KEYS = 14;
    private static final int MOST_SWITCHES = 400_000;

    private final long seed;
    private final Random random;
    private final Trace trace = new Trace();
    private final SimulatedThreads threads;
    private final SimulatedStore store;
    private final SimulatedNetwork network;
    private final SimulatedReads reads;
    private final SimulatedCluster cluster;
    private final Defect defect;
    private int pins;

    private Simulation(long seed, Path directory, Defect defect) {
        this.seed = seed;
        this.defect = defect;
        random = new Random(seed);
        threads = new SimulatedThreads(random);
        store = new SimulatedStore(random, threads, trace, defect);
        Map<String, SimulatedWorker> alive = new LinkedHashMap<>();
        network = new SimulatedNetwork(random, threads, trace, defect, alive::get);
        reads = new SimulatedReads(random, threads, store, trace);
        cluster =
                new SimulatedCluster(
                        random,
                        trace,
                        reads,
                        new SimulatedWorker.Surroundings(threads, store, network, defect),
                        directory,
                        alive);
    }

    /**
     * Runs one seed.
     *
     * @param directory where the caches lie meanwhile, best in memory; emptied afterwards
     */
    public static Outcome run(long seed, Path directory) {
        return run(seed, directory, Defect.NONE);
    }

    /** As {@link #run(long, Path)}, with something that the invariants must tell. */
    public static Outcome run(long seed, Path directory, Defect defect) {
        Level level = PRODUCT.getLevel();
        PRODUCT.setLevel(Level.OFF);
        Path caches = directory.resolve("simulation-" + seed);
        try {
            return new Simulation(seed, caches, defect).run();
        } finally {
            delete(caches);
            PRODUCT.setLevel(level);
        }
    }

    /** A directory in memory where there is one. */
    public static Path fastDirectory() {
        Path memory = Path.of("/dev/shm");
        return Files.isWritable(memory) ? memory : Path.of(System.getProperty("java.io.tmpdir"));
    }

    private Outcome run() {
        try {
            for (int number = 0; number < KEYS; number++) {
                store.put(key(number), length());
            }
            for (String name : SimulatedCluster.NAMES.subList(0, 2 + random.nextInt(2))) {
                cluster.start(name);
            }
            for (int step = 0; step < ACTIONS && !trace.isViolated(); step++) {
                act();
                for (int i = random.nextInt(25); i > 0 && !trace.isViolated(); i--) {
                    threads.step();
                    checkLimits();
                }
                threads.advance(random.nextInt(200) * 1_000_000L);
            }
            end();
            return new Outcome(
                    seed,
                    reads.begun(),
                    reads.failed(),
                    reads.lost(),
                    store.requests(),
                    threads.switches(),
                    trace.hash(),
                    trace.violation(),
                    trace.lines());
        } finally {
            cluster.end();
        }
    }

    private static String key(int number) {
        return "set-" + number % 2 + "/" + number;
    }

    private int length() {
        return switch (random.nextInt(20)) {
            case 0 -> 0;
            case 1 -> MIB;
            case 2, 3 -> MIB + 1 + random.nextInt(MIB);
            case 4 -> 2 * MIB + random.nextInt(MIB + 1);
            case 5, 6 -> 200_000 + random.nextInt(400_000);
            default -> 1 + random.nextInt(60_000);
        };
    }

    /** Does one thing that users, operators, or bad luck may do. */
    private void act() {
        SimulatedWorker worker = cluster.any();
        int what = random.nextInt(100);
        if (what >= 90 || worker == null) {
            actOnCluster(what, worker);
        } else if (what < 48) {
            read(worker);
        } else if (what < 55) {
            SimulatedObject object = object();
            reads.load(worker, object, object.whole(), SimulatedReads.Demand.USUAL);
        } else if (what < 58) {
            int taken = worker.prefetches().offer(List.of(object().source(), object().source()));
            trace.add(worker.process() + " prefetches " + taken);
        } else if (what < 66) {
            String key = key(random.nextInt(KEYS));
            trace.add("put " + store.put(key, length()));
        } else if (what < 68) {
            String key = key(random.nextInt(KEYS));
            trace.add("delete " + key);
            store.delete(key);
        } else if (what < 71) {
            SimulatedObject object = object();
            trace.add(worker.process() + " drops " + object);
            worker.cache().drop(object.version());
        } else if (what < 74) {
            reads.pin(worker, store.put("pinned/" + ++pins, 1 + random.nextInt(20_000)));
        } else if (what < 79) {
            flip(worker);
        } else if (what < 82) {
            worker.disk().failing(rate(), rate());
        } else if (what < 85) {
            store.failing(rate());
        } else if (what < 88) {
            network.failing(rate());
        } else {
            network.cut(worker.name(), name());
        }
        if (defect == Defect.PINNED_IS_DROPPED && worker != null) {
            worker.pinned().keySet().stream().findFirst().ifPresent(worker.cache()::drop);
        }
    }

    private void actOnCluster(int what, @Nullable SimulatedWorker worker) {
        if (worker == null || what < 92) {
            cluster.start(name());
        } else if (what < 94) {
            cluster.kill(worker, random.nextBoolean());
        } else if (what < 95) {
            cluster.stop(worker);
        } else if (what < 96) {
            cluster.leave(worker.name());
        } else if (what < 98) {
            cluster.change();
        } else {
            quiet();
        }
    }

    private double rate() {
        return random.nextBoolean() ? 0 : random.nextDouble() * 0.5;
    }

    private String name() {
        return SimulatedCluster.NAMES.get(random.nextInt(SimulatedCluster.NAMES.size()));
    }

    /** Mostly as it is in the bucket; sometimes as somebody has it open since it was. */
    private SimulatedObject object() {
        SimulatedObject current = store.current(key(random.nextInt(KEYS)));
        if (current != null && random.nextInt(8) > 0) {
            return current;
        }
        List<SimulatedObject> all =
                store.all().values().stream()
                        .filter(object -> !object.key().startsWith("pinned/"))
                        .toList();
        return all.get(random.nextInt(all.size()));
    }

    private void read(SimulatedWorker worker) {
        SimulatedObject object = object();
        ByteRange range = object.whole();
        if (random.nextBoolean() && range.length() > 1) {
            long start = random.nextLong(range.length());
            range = new ByteRange(start, 1 + random.nextLong(range.length() - start));
        }
        reads.read(worker, object, range, SimulatedReads.Demand.USUAL);
    }

    private void flip(SimulatedWorker worker) {
        worker.disk()
                .flip()
                .ifPresent(file -> {
                    trace.add(worker.process() + " disk flips a bit of " + file);
                    worker.pinned()
                            .keySet()
                            .removeIf(version -> file.startsWith(version.toString()));
                });
    }

    /** What holds always. */
    private void checkLimits() {
        for (SimulatedWorker worker : cluster.alive()) {
            CacheUsage usage = worker.cache().usage();
            for (int number = 0; number < usage.directories().size(); number++) {
                long used = usage.directories().get(number).usedBytes();
                long capacity = worker.capacityBytes(number);
                trace.check(
                        !usage.recovered() || worker.disk().tablesFlipped() || used <= capacity,
                        worker.process() + " uses " + used + " bytes of " + capacity);
            }
            trace.check(
                    worker.filler().getsInFlight() <= worker.settings().maxGets()
                            && worker.filler().bufferedBytes() <= worker.settings().bufferBytes(),
                    worker.process() + " exceeds its requests or buffers");
            worker.pinned()
                    .forEach((version, length) ->
                            trace.check(
                                    worker.cache().residentBytes(version) == length,
                                    worker.process() + " lost what is pinned: " + version));
        }
    }

    /** All faults end, and everybody gets to where he can go: what holds then. */
    private void quiet() {
        trace.add("quiet");
        cluster.calm();
        network.calm();
        store.failing(0);
        for (int i = 0; threads.stepOrWait() && !trace.isViolated(); i++) {
            checkLimits();
            if (i > MOST_SWITCHES) {
                trace.violated("it never gets quiet");
            }
        }
        if (trace.isViolated()) {
            return;
        }
        reads.checkAllEnded();
        store.calm();
        for (SimulatedWorker worker : cluster.alive()) {
            checkIdle(worker);
        }
    }

    private void checkIdle(SimulatedWorker worker) {
        trace.check(
                worker.filler().getsInFlight() == 0 && worker.filler().bufferedBytes() == 0,
                worker.process() + " is idle and holds requests or buffers");
        long resident = 0;
        for (FileVersion version : store.all().keySet()) {
            resident += worker.cache().residentBytes(version);
        }
        CacheUsage usage = worker.cache().usage();
        trace.check(usage.recovered(), worker.process() + " has not recovered");
        trace.check(
                resident == usage.usedBytes(),
                worker.process() + " counts " + usage.usedBytes() + " bytes and has " + resident);
        Set<String> complete = new HashSet<>();
        for (Path file : worker.disk().files()) {
            String name = file.getFileName().toString();
            trace.check(
                    name.contains(".") || complete.add(name),
                    worker.process() + " has " + name + " in two directories");
        }
    }

    /** Faults end, all workers are there, and each can read everything. */
    private void end() {
        if (trace.isViolated()) {
            return;
        }
        quiet();
        SimulatedCluster.NAMES.subList(0, 2).forEach(cluster::start);
        quiet();
        for (SimulatedWorker worker : cluster.alive()) {
            for (int number = 0; number < KEYS; number++) {
                SimulatedObject object = store.current(key(number));
                if (object == null) {
                    continue;
                }
                reads.read(worker, object, object.whole(), SimulatedReads.Demand.MUST_SUCCEED);
            }
        }
        quiet();
        cluster.alive().forEach(cluster::stop);
        quiet();
    }

    private static void delete(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> walk = Files.walk(directory)) {
            for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
