package io.millrace.job.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.job.ledger.Controls;
import io.millrace.job.ledger.Counts;
import io.millrace.job.ledger.Fate;
import io.millrace.job.ledger.Job;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.JobState;
import io.millrace.job.ledger.Ledger.Submitted;
import io.millrace.job.ledger.Lost;
import io.millrace.job.ledger.Order;
import io.millrace.job.ledger.Tally;
import io.millrace.job.selection.Selection;
import io.millrace.job.testing.JobCluster;
import io.millrace.job.testing.ScriptedWorker;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Two replicas over one database run jobs of all kinds, are stopped and begun anew at random, and
 * jobs are paused at random: each job ends in the state and with the counts that a model of the
 * files predicts. {@code -Dmillrace.test.seed=N} does it again.
 */
class JobReplicasIT {

    private static final int DIRECTORIES = 6;
    private static final int JOBS_EACH = 6;
    private static final Duration LONGEST = Duration.ofMinutes(6);

    private final long seed = Long.getLong("millrace.test.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final JobEngine[] replicas = new JobEngine[2];
    private final List<Thread> working = new ArrayList<>();
    private final Map<Job, String> ended = new LinkedHashMap<>();
    private JobCluster cluster;

    @BeforeEach
    void start() throws IOException {
        System.out.println("seed " + seed);
        cluster = new JobCluster();
    }

    @AfterEach
    void stop() throws InterruptedException {
        working.forEach(Thread::interrupt);
        for (Thread thread : working) {
            thread.join();
        }
        cluster.close();
    }

    /** A directory, what becomes of its files, and what is cached of them. */
    private final class Directory {
        final String path;
        final Map<String, Long> files = new TreeMap<>();
        final Map<String, ErrorCode> failing = new TreeMap<>();
        final Queue<JobKind> kinds = new ArrayDeque<>();
        boolean resident;
        @Nullable Job current;
        @Nullable Counts expected;

        Directory(int number, List<ScriptedWorker> workers) {
            path = "/set" + number;
            boolean clean = number % 2 == 0;
            List<JobKind> among = new ArrayList<>(List.of(JobKind.values()));
            // A pin would be looked after by the service, with loads of its own.
            among.remove(JobKind.PIN);
            if (!clean) {
                // Which share of a file could not be freed is known to no worker.
                among.remove(JobKind.FREE);
            }
            for (int i = 0; i < JOBS_EACH; i++) {
                kinds.add(among.get(random.nextInt(among.size())));
            }
            int count = 20 + random.nextInt(60);
            ErrorCode[] codes = {
                ErrorCode.NOT_FOUND,
                ErrorCode.STALE_VERSION,
                ErrorCode.PERMISSION_DENIED,
                ErrorCode.UNAVAILABLE
            };
            for (int i = 0; i < count; i++) {
                String file = path + "/f%03d".formatted(i);
                // The scripted workers take an empty file for one that is there.
                long bytes = random.nextInt(10) == 0 ? 2_500_000 : 1 + random.nextInt(5_000);
                files.put(file, bytes);
                cluster.namespace.add(file, bytes);
                if (!clean && random.nextInt(8) == 0) {
                    ErrorCode code = codes[random.nextInt(codes.length)];
                    failing.put(file, code);
                    workers.forEach(worker -> worker.fail(file, code));
                }
            }
        }

        boolean isFinished() {
            return current == null && kinds.isEmpty();
        }

        /** What the next job comes to. */
        Counts predict(JobKind kind) {
            Tally planned = Tally.NONE;
            Tally well = Tally.NONE;
            Lost lost = Lost.NONE;
            for (Map.Entry<String, Long> file : files.entrySet()) {
                Tally one = new Tally(1, file.getValue());
                ErrorCode code = failing.get(file.getKey());
                planned = planned.plus(one);
                if (code == null) {
                    well = well.plus(one);
                } else {
                    lost = lost.plus(Fate.of(code), one);
                }
            }
            boolean was = resident;
            return switch (kind) {
                case LOAD, WARM_REPLICAS, PIN -> {
                    resident = true;
                    yield was
                            ? new Counts(planned, Tally.NONE, well, lost)
                            : new Counts(planned, well, Tally.NONE, lost);
                }
                case FREE -> {
                    resident = false;
                    yield was
                            ? new Counts(planned, well, Tally.NONE, lost)
                            : new Counts(planned, Tally.NONE, well, lost);
                }
                case VERIFY ->
                        was
                                ? new Counts(planned, well, Tally.NONE, lost)
                                : new Counts(planned, Tally.NONE, well, lost);
                case LOAD_METADATA, SYNC -> {
                    Tally listed = new Tally(files.size(), 0);
                    yield new Counts(listed, listed, Tally.NONE, Lost.NONE);
                }
                case UNPIN -> Counts.NONE;
            };
        }
    }

    @Test
    void everyJobEndsAsTheModelSaysWhicheverReplicaIsStopped() throws IOException {
        List<ScriptedWorker> workers =
                List.of(cluster.worker("w-1"), cluster.worker("w-2"), cluster.worker("w-3"));
        List<Directory> directories = new ArrayList<>();
        for (int i = 0; i < DIRECTORIES; i++) {
            directories.add(new Directory(i, workers));
        }
        workers.forEach(this::work);
        for (int i = 0; i < replicas.length; i++) {
            replicas[i] = begin();
        }
        long deadline = System.nanoTime() + LONGEST.toNanos();
        while (!directories.stream().allMatch(Directory::isFinished)) {
            assertTrue(System.nanoTime() - deadline < 0, "seed " + seed + ": not at its end");
            directories.forEach(this::step);
            disturb(directories);
            LockSupport.parkNanos(20_000_000);
        }
        ended.forEach((job, what) ->
                assertEquals(job, any().job(job.id()), what + " has changed after its end"));
        assertEquals(
                ended.size(),
                any().jobs(Optional.empty(), 1_000).items().size(),
                "seed " + seed + ": jobs that nobody submitted");
    }

    private void step(Directory directory) {
        Job current = directory.current;
        if (current == null) {
            JobKind kind = directory.kinds.poll();
            if (kind != null) {
                directory.expected = directory.predict(kind);
                directory.current = submit(kind, directory.path);
            }
            return;
        }
        Job now = any().job(current.id());
        assertEquals(
                now.counts().planned(),
                now.counts().accounted().plus(now.counts().open()),
                () -> what(now));
        if (now.ended()) {
            assertEquals(directory.expected, now.counts(), () -> what(now));
            assertEquals(expectedState(now.counts()), now.state().name(), () -> what(now));
            ended.put(now, what(now));
            directory.current = null;
        }
    }

    private String what(Job job) {
        return "seed " + seed + ": " + job.kind().word() + " of " + job.path() + " " + job;
    }

    private static JobState.Name expectedState(Counts counts) {
        if (counts.lost().equals(Lost.NONE)) {
            return JobState.Name.SUCCEEDED;
        }
        return counts.well().equals(Tally.NONE) ? JobState.Name.FAILED : JobState.Name.PARTIAL;
    }

    /** The request is sent twice, to both replicas: as by a client that had no answer. */
    private Job submit(JobKind kind, String path) {
        Order order =
                new Order(
                        kind,
                        NamespacePath.parse(path),
                        Selection.ALL,
                        Controls.DEFAULT,
                        Optional.empty(),
                        Optional.of(path + "-" + ended.size() + "-" + random.nextLong()));
        Job job = assertInstanceOf(Submitted.Now.class, replicas[0].submit(order)).job();
        Job again = assertInstanceOf(Submitted.Before.class, replicas[1].submit(order)).job();
        assertEquals(job.id(), again.id());
        return job;
    }

    private void disturb(List<Directory> directories) {
        if (random.nextInt(60) == 0) {
            int which = random.nextInt(replicas.length);
            replicas[which].close();
            replicas[which] = begin();
        }
        Job job = directories.get(random.nextInt(DIRECTORIES)).current;
        if (job != null && random.nextInt(10) == 0) {
            try {
                any().pause(job.id(), OptionalLong.empty());
                any().resume(job.id(), OptionalLong.empty());
            } catch (MillraceException e) {
                assertEquals(ErrorCode.CONFLICT, e.code(), "only a job that has ended refuses");
            }
        }
    }

    private JobEngine any() {
        return replicas[random.nextInt(replicas.length)];
    }

    private JobEngine begin() {
        JobEngine engine = cluster.engine();
        engine.start();
        return engine;
    }

    private void work(ScriptedWorker worker) {
        working.add(
                Thread.ofPlatform()
                        .start(() -> {
                            while (!Thread.currentThread().isInterrupted()) {
                                worker.step();
                            }
                        }));
    }
}
