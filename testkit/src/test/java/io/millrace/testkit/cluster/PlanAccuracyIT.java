package io.millrace.testkit.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobKind;
import io.millrace.contracts.v1.JobPlan;
import io.millrace.contracts.v1.JobSelection;
import io.millrace.contracts.v1.JobState;
import io.millrace.contracts.v1.PlanJobRequest;
import io.millrace.contracts.v1.SubmitJobRequest;
import io.millrace.standalone.cluster.PartKind;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a plan says is what the run then does, to the request and to the cent, in random situations
 * of a real cluster. {@code -Dmillrace.test.seed=N} does them again.
 */
@SuppressWarnings("NullAway.Init")
class PlanAccuracyIT {

    private static final int SITUATIONS = 20;
    private static final int DIRECTORIES = 4;
    private static final int FILES = 25;
    private static final int MIB = 1 << 20;
    private static final Duration MAX_AGE = Duration.ofMillis(200);

    private final long seed = Long.getLong("millrace.test.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private TestCluster cluster;

    @BeforeEach
    void start() throws Exception {
        System.out.println("seed " + seed);
        cluster =
                TestCluster.start(settings ->
                        settings.withProperty(
                                        PartKind.JOB_SERVICE,
                                        "millrace.jobs.price.get-per-thousand",
                                        "0.43")
                                .withProperty(
                                        PartKind.JOB_SERVICE,
                                        "millrace.jobs.price.head-per-thousand",
                                        "0.07")
                                .withProperty(
                                        PartKind.JOB_SERVICE,
                                        "millrace.jobs.price.egress-per-gib",
                                        "0.09")
                                .withWorkerCapacity(300L * MIB));
        for (int directory = 0; directory < DIRECTORIES; directory++) {
            for (int file = 0; file < FILES; file++) {
                put(directory, file);
            }
        }
        cluster.addMount(
                "/data",
                "set/",
                options -> options.setBlockBytes(MIB).setMaxAgeMillis(MAX_AGE.toMillis()));
    }

    @AfterEach
    void stop() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    /** Small files, some of several blocks, and some that are placed block by block. */
    private void put(int directory, int file) {
        int bytes =
                switch (random.nextInt(12)) {
                    case 0 -> 17 * MIB + random.nextInt(4 * MIB);
                    case 1, 2 -> random.nextInt(10 * MIB);
                    case 3 -> MIB * random.nextInt(3);
                    default -> 1 + random.nextInt(100_000);
                };
        byte[] content = new byte[bytes];
        random.nextBytes(content);
        cluster.bucket().put("set/d%d/f%02d".formatted(directory, file), content);
    }

    private JobSelection selection() {
        JobSelection.Builder selection = JobSelection.newBuilder();
        switch (random.nextInt(5)) {
            case 0 -> selection.addInclude("d" + random.nextInt(DIRECTORIES) + "/");
            case 1 -> selection.addInclude("*" + random.nextInt(10)).addExclude("f0*");
            case 2 -> selection.setMinBytes(50_000);
            case 3 -> selection.setMaxBytes(3L * MIB).addExclude("regex:^d[01]/");
            default -> {}
        }
        return selection.build();
    }

    private void disturb() throws InterruptedException {
        switch (random.nextInt(3)) {
            case 0 -> run(JobKind.JOB_KIND_FREE, selection());
            case 1 -> {
                for (int i = random.nextInt(6); i >= 0; i--) {
                    put(random.nextInt(DIRECTORIES), random.nextInt(FILES));
                }
                // The namespace may believe what it knows for so long.
                Thread.sleep(MAX_AGE.toMillis() + 1_000 - System.currentTimeMillis() % 1_000);
            }
            default -> {}
        }
    }

    private Job run(JobKind kind, JobSelection selection) throws InterruptedException {
        return cluster.await(
                cluster.jobs()
                        .submit(
                                SubmitJobRequest.newBuilder()
                                        .setKind(kind)
                                        .setPath("/data")
                                        .setSelection(selection)
                                        .build()));
    }

    private JobPlan plan(JobKind kind, JobSelection selection) {
        return cluster.jobs()
                .plan(
                        PlanJobRequest.newBuilder()
                                .setKind(kind)
                                .setPath("/data")
                                .setSelection(selection)
                                .build());
    }

    @Test
    void whatAPlanSaysIsWhatTheRunDoes() throws Exception {
        JobKind[] kinds = {
            JobKind.JOB_KIND_LOAD,
            JobKind.JOB_KIND_LOAD,
            JobKind.JOB_KIND_LOAD,
            JobKind.JOB_KIND_VERIFY,
            JobKind.JOB_KIND_FREE
        };
        Set<String> hashes = new HashSet<>();
        long requests = 0;
        for (int i = 0; i < SITUATIONS; i++) {
            disturb();
            JobKind kind = i == 0 ? JobKind.JOB_KIND_LOAD : kinds[random.nextInt(kinds.length)];
            JobSelection selection = selection();
            String what = "seed " + seed + ", situation " + i + ": " + kind + " of " + selection;
            JobPlan plan = plan(kind, selection);
            assertEquals(plan.getHash(), plan(kind, selection).getHash(), what);
            cluster.relay().forgetRequests();

            Job job = run(kind, selection);

            assertEquals(JobState.JOB_STATE_SUCCEEDED, job.getState(), () -> what + ": " + job);
            List<String> asked = new ArrayList<>(cluster.relay().requests());
            long gets = cluster.relay().objectGets();
            long heads = asked.stream().filter(line -> line.startsWith("HEAD ")).count();
            assertEquals(plan.getFiles(), job.getPlannedFiles(), what);
            assertEquals(plan.getBytes(), job.getPlannedBytes(), what);
            assertEquals(plan.getUnselectedFiles(), job.getUnselectedFiles(), what);
            assertEquals(plan.getGetRequests(), gets, what);
            assertEquals(plan.getHeadRequests(), heads, what);
            boolean loads = kind == JobKind.JOB_KIND_LOAD;
            assertEquals(
                    loads ? plan.getFetchBytes() : plan.getResidentBytes(),
                    job.getDoneBytes(),
                    () -> what + ": " + plan + job);
            assertEquals(
                    price(gets, heads, loads ? plan.getFetchBytes() : 0), plan.getPrice(), what);
            hashes.add(plan.getHash());
            requests += gets + heads;
        }
        assertTrue(hashes.size() > 1, "seed " + seed + ": all snapshots were one");
        assertTrue(requests > 0, "seed " + seed + ": nothing was asked for");
        assertTrue(
                plan(JobKind.JOB_KIND_LOAD, JobSelection.getDefaultInstance()).hasExpectedMillis(),
                "loads have run");
    }

    private static String price(long gets, long heads, long bytes) {
        return new BigDecimal("0.43")
                .multiply(BigDecimal.valueOf(gets))
                .add(new BigDecimal("0.07").multiply(BigDecimal.valueOf(heads)))
                .movePointLeft(3)
                .add(
                        new BigDecimal("0.09")
                                .multiply(BigDecimal.valueOf(bytes))
                                .divide(BigDecimal.valueOf(1L << 30)))
                .setScale(6, RoundingMode.HALF_UP)
                .toPlainString();
    }

    @Test
    void whatDoesNotFitIsToldWithTheNumbersOfTheRefusal() throws Exception {
        for (int i = 0; i < 40; i++) {
            cluster.bucket().put("set/large/f%02d".formatted(i), new byte[17 * MIB]);
        }
        Thread.sleep(MAX_AGE.toMillis() + 1_000);
        JobSelection all = JobSelection.getDefaultInstance();

        JobPlan load = plan(JobKind.JOB_KIND_LOAD, all);
        JobPlan pin = plan(JobKind.JOB_KIND_PIN, all);
        Job pinned = run(JobKind.JOB_KIND_PIN, all);

        assertEquals(2, load.getObstaclesCount(), load::toString);
        assertTrue(load.getObstacles(0).contains("would have to hold"), load::toString);
        assertTrue(load.getObstacles(0).contains("has room for 300 MiB"), load::toString);
        assertEquals(false, load.getFits());
        assertEquals(3, pin.getObstaclesCount(), pin::toString);
        assertEquals(JobState.JOB_STATE_FAILED, pinned.getState());
        assertTrue(
                pinned.getMessage().contains(pin.getObstacles(0)),
                () -> pinned.getMessage() + " / " + pin.getObstacles(0));
        assertTrue(pin.getObstacles(0).contains("/data cannot be pinned"), pin::toString);
    }
}
