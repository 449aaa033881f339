package io.millrace.testkit.simulation;

import static java.util.Objects.requireNonNull;

import io.millrace.block.cluster.ClusterView;
import io.millrace.block.fill.FillSettings;
import io.millrace.cache.CacheDirectorySettings;
import io.millrace.cache.CacheSettings;
import io.millrace.cache.SyncPolicy;
import io.millrace.cache.eviction.EvictionKind;
import io.millrace.model.ByteCount;
import io.millrace.model.Ring;
import io.millrace.model.WorkerId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The workers, dead and alive, and the ring that they hear of. */
final class SimulatedCluster {

    static final List<String> NAMES = List.of("a", "b", "c", "d");

    private static final int MIB = 1 << 20;
    private static final int SLOTS = 16;

    /** Longer than any seed takes: timeouts are of real time, and must not pass. */
    private static final Duration NEVER = Duration.ofHours(10);

    private final Random random;
    private final SimulatedThreads threads;
    private final Trace trace;
    private final SimulatedReads reads;
    private final SimulatedWorker.Surroundings surroundings;
    private final Map<String, SimulatedDisk> disks = new LinkedHashMap<>();
    private final Map<String, CacheSettings> caches = new LinkedHashMap<>();
    private final FillSettings fill;
    private final Map<String, SimulatedWorker> alive;
    private final List<SimulatedWorker> stopping = new ArrayList<>();
    private final List<SimulatedWorker> dead = new ArrayList<>();
    private final List<Ring.Member> members = new ArrayList<>();
    private long epoch;
    private int lives;

    /**
     * @param directory the workers' cache directories lie in it
     * @param alive by name; kept here
     */
    SimulatedCluster(
            Random random,
            Trace trace,
            SimulatedReads reads,
            SimulatedWorker.Surroundings surroundings,
            Path directory,
            Map<String, SimulatedWorker> alive) {
        this.random = random;
        this.threads = surroundings.threads();
        this.trace = trace;
        this.reads = reads;
        this.surroundings = surroundings;
        this.alive = alive;
        EvictionKind eviction = EvictionKind.values()[random.nextInt(EvictionKind.values().length)];
        int directories = 1 + random.nextInt(2);
        for (String name : NAMES) {
            List<CacheDirectorySettings> each =
                    IntStream.range(0, directories)
                            .mapToObj(number ->
                                    new CacheDirectorySettings(
                                            directory.resolve(name + "-" + number),
                                            new ByteCount(MIB / 2 + random.nextLong(5L * MIB)),
                                            new ByteCount(0)))
                            .toList();
            caches.put(
                    name,
                    new CacheSettings(
                            each,
                            SyncPolicy.COMPLETE,
                            random.nextInt(4),
                            eviction,
                            new ByteCount(0)));
            disks.put(
                    name,
                    new SimulatedDisk(
                            random,
                            threads,
                            each.stream().map(CacheDirectorySettings::directory).toList()));
        }
        int gets = 1 + random.nextInt(4);
        long run = (1L + random.nextInt(3)) * MIB;
        fill =
                new FillSettings(
                        gets,
                        1 + random.nextInt(gets),
                        run,
                        random.nextInt(2) * 4L * MIB,
                        run + random.nextInt(3) * (long) MIB,
                        NEVER);
        trace.add("cluster " + eviction + " directories " + directories + " fill " + fill);
    }

    List<SimulatedWorker> alive() {
        return List.copyOf(alive.values());
    }

    @Nullable SimulatedWorker any() {
        List<SimulatedWorker> all = alive();
        return all.isEmpty() ? null : all.get(random.nextInt(all.size()));
    }

    /** A worker starts on what its directories hold, unless it runs. */
    void start(String name) {
        if (alive.containsKey(name) || isStopping(name)) {
            return;
        }
        SimulatedProcess process =
                new SimulatedProcess(
                        name + ++lives,
                        (who, cause) -> trace.violated("a thread of " + who + " died: " + cause));
        trace.add("start " + process);
        SimulatedWorker worker =
                new SimulatedWorker(name, process, disk(name), settings(name), fill, surroundings);
        alive.put(name, worker);
        if (!isMember(name)) {
            members.add(new Ring.Member(new WorkerId(name), 1 + random.nextInt(3), false));
            epoch++;
        }
        tellAll();
    }

    private SimulatedDisk disk(String name) {
        return requireNonNull(disks.get(name));
    }

    private CacheSettings settings(String name) {
        return requireNonNull(caches.get(name));
    }

    private boolean isStopping(String name) {
        return stopping.stream().anyMatch(worker -> worker.name().equals(name));
    }

    /** A worker is told to stop: it leaves the ring and ends what it has begun. */
    void stop(SimulatedWorker worker) {
        trace.add("stop " + worker.process());
        alive.remove(worker.name());
        stopping.add(worker);
        leave(worker.name());
        threads.start(
                worker.process(),
                "stop",
                () -> {
                    worker.stop(threads);
                    stopping.remove(worker);
                    trace.add("stopped " + worker.process());
                });
    }

    /** A worker is killed, by a signal or with its host. */
    void kill(SimulatedWorker worker, boolean powerLost) {
        trace.add("kill " + worker.process() + (powerLost ? ", power lost" : ""));
        alive.remove(worker.name());
        threads.kill(worker.process());
        worker.cache().abandon();
        reads.lost(worker);
        dead.add(worker);
        if (powerLost) {
            worker.disk().losePower();
        }
    }

    /** A worker's lease ends: it is not in the ring any more. */
    void leave(String name) {
        if (isMember(name)) {
            members.removeIf(member -> member.id().value().equals(name));
            epoch++;
            tellAll();
        }
    }

    private boolean isMember(String name) {
        return members.stream().anyMatch(member -> member.id().value().equals(name));
    }

    /** A member drains or stays, or gets another weight. */
    void change() {
        if (members.isEmpty()) {
            return;
        }
        int at = random.nextInt(members.size());
        Ring.Member member = members.get(at);
        Ring.Member next =
                random.nextBoolean()
                        ? new Ring.Member(member.id(), member.weight(), !member.draining())
                        : new Ring.Member(member.id(), random.nextInt(4), member.draining());
        trace.add("ring " + next);
        members.set(at, next);
        epoch++;
        tellAll();
    }

    /** Each hears of the ring when it does. */
    private void tellAll() {
        Ring ring = new Ring(epoch, SLOTS, members);
        Map<WorkerId, ClusterView.Address> addresses = new LinkedHashMap<>();
        members.forEach(member ->
                addresses.put(member.id(), new ClusterView.Address(member.id().value(), 1)));
        for (SimulatedWorker worker : alive.values()) {
            long delay = random.nextInt(3) * random.nextLong(1_000_000_000L);
            threads.start(
                    worker.process(),
                    "watch",
                    () -> {
                        threads.sleep(worker.process(), delay);
                        worker.view().update(ring, addresses);
                    });
        }
    }

    /** No disk fails any more. */
    void calm() {
        disks.values().forEach(disk -> disk.failing(0, 0));
    }

    /** Ends everything, and frees what it holds. */
    void end() {
        List<SimulatedWorker> all = new ArrayList<>(alive.values());
        all.addAll(stopping);
        all.forEach(worker -> kill(worker, false));
        for (SimulatedWorker worker : dead) {
            SimulatedThreads.bury(worker.process());
            // Again: what its threads had open is closed now, and its memory mapped no more.
            worker.cache().abandon();
        }
    }
}
