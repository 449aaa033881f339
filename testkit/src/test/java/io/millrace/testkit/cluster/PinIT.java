package io.millrace.testkit.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.contracts.v1.GetResidencyRequest;
import io.millrace.contracts.v1.GetResidencyResponse;
import io.millrace.contracts.v1.ListPinsRequest;
import io.millrace.contracts.v1.Pin;
import io.millrace.standalone.cluster.PartKind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pin holds while real workers are killed, and what cannot fit is refused. */
@SuppressWarnings("NullAway.Init")
class PinIT {

    private static final DataSet DATA = DataSet.of(7, 4, 200, 1_000, 50_000, 2, 5 << 20);
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private TestCluster cluster;

    @BeforeEach
    void start() throws Exception {
        cluster =
                TestCluster.start(settings ->
                        settings.withWorkers(2)
                                .withProperty(
                                        PartKind.WORKER,
                                        "millrace.worker.residency.every",
                                        "300ms"));
        cluster.bucket().putAll(DATA, "set/");
        cluster.addMount("/data", "set/", options -> options.setBlockBytes(1 << 20));
    }

    @AfterEach
    void stop() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static Shell.Outcome millrace(TestCluster cluster, String... arguments)
            throws InterruptedException {
        List<String> command = new ArrayList<>(List.of(ROOT.resolve("millrace").toString()));
        command.addAll(List.of(arguments));
        command.add("--home");
        command.add(cluster.cluster().home().directory().toString());
        return Shell.run(
                ROOT, LIMIT, Map.of("MILLRACE_BUILD", "never"), command.toArray(String[]::new));
    }

    private Pin awaitPin(Predicate<Pin> wanted) throws InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            List<Pin> pins =
                    cluster.jobs().listPins(ListPinsRequest.getDefaultInstance()).getPinsList();
            if (pins.size() == 1 && wanted.test(pins.getFirst())) {
                return pins.getFirst();
            }
            if (System.nanoTime() > end) {
                throw new AssertionError("never so: " + pins);
            }
            Thread.sleep(50);
        }
    }

    private static boolean isWhole(Pin pin) {
        return pin.getCheckedMillis() > 0
                && pin.getBytes() == DATA.bytes()
                && pin.getResidentBytes() == pin.getBytes();
    }

    @Test
    void whatAKilledWorkerHadIsLoadedByTheOther() throws Exception {
        Shell.Outcome pinned = millrace(cluster, "fs", "pin", "/data", "--wait");
        assertTrue(pinned.expectSuccess().contains("SUCCEEDED"), pinned.toString());
        Pin before = awaitPin(PinIT::isWhole);
        assertEquals(DATA.bytes(), awaitComplete().getCachedBytes());
        assertCachedIsTold();

        cluster.cluster().workers().getFirst().kill();

        Pin after =
                awaitPin(pin ->
                        isWhole(pin)
                                && !pin.getJobId().isEmpty()
                                && !pin.getJobId().equals(before.getJobId()));
        assertEquals(DATA.paths().size(), after.getResidentFiles());
        String policy = millrace(cluster, "fs", "policy", "/data/x").expectSuccess();
        assertTrue(policy.matches("(?s).*pinned +yes +/data\\b.*"), policy);
        millrace(cluster, "fs", "unpin", "/data").expectSuccess();
        assertEquals("No path has a policy.", policies());
    }

    private void assertCachedIsTold() throws InterruptedException {
        String cached = millrace(cluster, "fs", "du", "--cached", "/data").expectSuccess();
        assertTrue(cached.contains("(100 %), as last summed up"), cached);
        String exact = millrace(cluster, "fs", "du", "--cached", "--exact", "/data").out();
        assertTrue(exact.contains("(100 %), at its owners now"), exact);
        String stat = millrace(cluster, "fs", "stat", "/data").expectSuccess();
        assertTrue(stat.matches("(?s).*pinned +with /data: .* there \\(100 %\\).*"), stat);
    }

    private GetResidencyResponse awaitComplete() throws InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            GetResidencyResponse residency =
                    cluster.metadata()
                            .getResidency(
                                    GetResidencyRequest.newBuilder().setPath("/data").build());
            if (residency.getComplete() && residency.getCachedBytes() == residency.getBytes()) {
                return residency;
            }
            if (System.nanoTime() > end) {
                throw new AssertionError("never complete: " + residency);
            }
            Thread.sleep(50);
        }
    }

    private String policies() throws InterruptedException {
        return millrace(cluster, "fs", "policies").expectSuccess().strip();
    }

    @Test
    void whatCannotFitIsRefusedWithTheNumbers() throws Exception {
        try (TestCluster small =
                TestCluster.start(
                        settings -> settings.withWorkers(1).withWorkerCapacity(1L << 20))) {
            small.bucket().putAll(DATA, "set/");
            small.addMount("/small", "set/", options -> options);

            Shell.Outcome refused = millrace(small, "fs", "pin", "/small");

            assertEquals(1, refused.exit(), refused.toString());
            assertTrue(refused.err().contains("/small cannot be pinned: its "), refused.err());
            assertTrue(refused.err().contains("the live worker holds 1 MiB"), refused.err());
            assertEquals("No path has a policy.", millrace(small, "fs", "policies").out().strip());
        }
    }
}
