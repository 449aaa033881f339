package io.millrace.standalone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.millrace.contracts.GrpcErrors;
import io.millrace.contracts.v1.DrainWorkerRequest;
import io.millrace.contracts.v1.ListWorkersRequest;
import io.millrace.contracts.v1.ListWorkersResponse;
import io.millrace.contracts.v1.MetadataServiceGrpc;
import io.millrace.contracts.v1.UndrainWorkerRequest;
import io.millrace.contracts.v1.Worker;
import io.millrace.contracts.v1.WorkerState;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code worker drain} and {@code undrain}, before a metadata-service that does as a test says. */
@SuppressWarnings("NullAway.Init")
class DrainTest {

    private final ScriptedService service = new ScriptedService();
    private Server server;

    @BeforeEach
    void start() throws Exception {
        server =
                NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                        .addService(service)
                        .build()
                        .start();
    }

    @AfterEach
    void stop() {
        server.shutdownNow();
    }

    /** One worker, which renews its lease each time it is looked at. */
    private static final class ScriptedService extends MetadataServiceGrpc.MetadataServiceImplBase {

        private volatile int inFlight;
        private volatile int busyLooks;
        private volatile WorkerState looked = WorkerState.WORKER_STATE_DRAINING;
        private volatile int looks;

        private Worker worker(WorkerState state) {
            return Worker.newBuilder()
                    .setId("w-1")
                    .setState(state)
                    .setInFlight(looks < busyLooks ? inFlight : 0)
                    .setLastRenewalMillis(1_000 + looks)
                    .build();
        }

        @Override
        public void drainWorker(DrainWorkerRequest request, StreamObserver<Worker> answer) {
            if (!request.getForce() && request.getWorkerId().equals("last")) {
                answer.onError(
                        GrpcErrors.toStatus(
                                new MillraceException(ErrorCode.CONFLICT, "it is the last")));
                return;
            }
            answer.onNext(worker(WorkerState.WORKER_STATE_DRAINING));
            answer.onCompleted();
        }

        @Override
        public void undrainWorker(UndrainWorkerRequest request, StreamObserver<Worker> answer) {
            answer.onNext(worker(WorkerState.WORKER_STATE_LIVE));
            answer.onCompleted();
        }

        @Override
        public void listWorkers(
                ListWorkersRequest request, StreamObserver<ListWorkersResponse> answer) {
            looks++;
            ListWorkersResponse.Builder all = ListWorkersResponse.newBuilder();
            if (looked != WorkerState.WORKER_STATE_UNSPECIFIED) {
                all.addWorkers(worker(looked));
            }
            answer.onNext(all.build());
            answer.onCompleted();
        }
    }

    @Test
    void drainSaysThatItDrains() {
        assertEquals(new Outcome(0, "Worker w-1 drains.\n", ""), run("worker drain w-1"));
        assertEquals(0, service.looks);
    }

    @Test
    void waitingEndsWhenNothingIsInFlight() {
        service.inFlight = 4;
        service.busyLooks = 25;
        Outcome outcome = run("worker drain w-1 --wait");
        assertEquals(
                new Outcome(
                        0, "Worker w-1 drains, and no read is in flight: it may be stopped.\n", ""),
                outcome);
        assertTrue(service.looks >= 26, "looked " + service.looks + " times");
    }

    @Test
    void waitingInVainSaysWhatIsInFlight() {
        service.inFlight = 3;
        service.busyLooks = Integer.MAX_VALUE;
        Outcome outcome = run("--timeout 3 worker drain w-1 --wait");
        assertEquals(1, outcome.code());
        assertTrue(
                outcome.err().contains("worker w-1 drains, but after 3 s it has 3 requests in"),
                outcome.err());
    }

    @Test
    void waitingForOneThatIsUndrainedFails() {
        service.looked = WorkerState.WORKER_STATE_LIVE;
        Outcome outcome = run("worker drain w-1 --wait");
        assertEquals(1, outcome.code());
        assertTrue(outcome.err().contains("it was undrained"), outcome.err());
    }

    @Test
    void waitingForOneThatStopsEnds() {
        service.looked = WorkerState.WORKER_STATE_UNSPECIFIED;
        Outcome outcome = run("worker drain w-1 --wait");
        assertEquals(
                new Outcome(0, "Worker w-1 is not running; it drains when it comes back.\n", ""),
                outcome);
    }

    @Test
    void aRefusalIsShownAndForceIsPassedOn() {
        Outcome refused = run("worker drain last");
        assertEquals(1, refused.code());
        assertTrue(refused.err().contains("it is the last"), refused.err());
        assertEquals(0, run("worker drain last --force").code());
    }

    @Test
    void undrainSaysThatItOwnsItsShare() {
        assertEquals(
                new Outcome(0, "Worker w-1 owns its share again.\n", ""),
                run("worker undrain w-1"));
        assertTrue(run("--format json worker undrain w-1").out().contains("\"state\" : \"LIVE\""));
    }

    private Outcome run(String line) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Terminal terminal =
                new Terminal(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        false,
                        80);
        String all = "--metadata-service 127.0.0.1:" + server.getPort() + " " + line;
        int code = MillraceCli.run(terminal, all.split(" "));
        return new Outcome(
                code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private record Outcome(int code, String out, String err) {}
}
