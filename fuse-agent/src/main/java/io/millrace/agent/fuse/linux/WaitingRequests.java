package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.Call;
import io.millrace.client.Cancellation;
import io.millrace.model.Errno;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Requests that wait for remote answers, each on a virtual thread with a reply buffer of a bounded
 * pool.
 *
 * <p>An interrupted request is answered EINTR at once, by whoever reads the INTERRUPT; whatever its
 * thread still brings is dropped. So a stuck remote call never keeps a process from dying. The flag
 * {@code answered} of each request decides who answers.
 */
final class WaitingRequests {

    private static final int EARLY_LIMIT = 1024;

    private final DeviceHandle device;
    private final Protocol protocol;
    private final BufferPool large;
    private final BufferPool small = new BufferPool(4096, 1024);
    private final ConcurrentHashMap<Long, Waiting> waiting = new ConcurrentHashMap<>();

    /** Interrupts that overtook their request between two reader threads. */
    private final Set<Long> early = ConcurrentHashMap.newKeySet();

    WaitingRequests(DeviceHandle device, Protocol protocol, int largeBuffers) {
        this.device = device;
        this.protocol = protocol;
        this.large = new BufferPool(Wire.MAX_READ, largeBuffers);
    }

    /** How often the signals of a thread that got a patient one are looked at again. */
    private static final Duration SIGNAL_CHECK = Duration.ofMillis(100);

    private record Waiting(
            int opcode,
            long unique,
            int thread,
            Cancellation cancellation,
            AtomicBoolean answered) {}

    /**
     * Starts to wait. Does not wait itself.
     *
     * @param thread that waits for the answer
     */
    void start(int opcode, long unique, int thread, Operation operation, ReplyBuffer scratch) {
        if (!device.retain()) {
            return;
        }
        Waiting request =
                new Waiting(opcode, unique, thread, new Cancellation(), new AtomicBoolean());
        waiting.put(unique, request);
        if (early.remove(unique)) {
            interrupt(request, scratch);
        }
        BufferPool pool = Protocol.hasLargeAnswer(opcode) ? large : small;
        Thread.ofVirtual()
                .name("fuse-request-" + unique)
                .start(() -> run(request, operation, pool));
    }

    /** Answers EINTR to the request {@code unique} if it waits, and its thread should not. */
    void interrupt(long unique, ReplyBuffer scratch) {
        Waiting request = waiting.get(unique);
        if (request == null) {
            if (early.size() >= EARLY_LIMIT) {
                early.clear();
            }
            early.add(unique);
            request = waiting.get(unique);
            if (request == null) {
                return;
            }
            early.remove(unique);
        }
        interrupt(request, scratch);
    }

    /** Stops all that wait: the mount is gone. */
    void cancelAll() {
        waiting.values().forEach(request -> request.cancellation().cancel());
    }

    private void interrupt(Waiting request, ReplyBuffer scratch) {
        if (PendingSignals.endWaitOf(request.thread())) {
            end(request, scratch);
            return;
        }
        // The kernel sends one INTERRUPT only, whatever comes later.
        Thread.ofVirtual().name("fuse-signals").start(() -> watchSignals(request));
    }

    private void watchSignals(Waiting request) {
        try {
            while (waiting.containsKey(request.unique())) {
                Thread.sleep(SIGNAL_CHECK);
                if (PendingSignals.endWaitOf(request.thread()) && device.retain()) {
                    ReplyBuffer scratch = small.take();
                    end(request, scratch);
                    small.giveBack(scratch);
                    device.release();
                    return;
                }
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts this thread", e);
        }
    }

    private void end(Waiting request, ReplyBuffer scratch) {
        if (request.answered().compareAndSet(false, true)) {
            var _ = scratch.send(device.fd(), request.unique(), -Errno.EINTR);
            request.cancellation().cancel();
        }
    }

    private void run(Waiting request, Operation operation, BufferPool pool) {
        try {
            ReplyBuffer out = pool.take();
            try {
                if (!request.answered().get()) {
                    answer(request, operation, out);
                }
            } finally {
                pool.giveBack(out);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts a waiting request's thread", e);
        } finally {
            waiting.remove(request.unique());
            device.release();
        }
    }

    private void answer(Waiting request, Operation operation, ReplyBuffer out) {
        int result =
                protocol.run(
                        request.opcode(), operation, out, Call.waiting(request.cancellation()));
        if (!request.answered().compareAndSet(false, true)
                || out.send(device.fd(), request.unique(), result) != 0) {
            protocol.takeBack(out);
        }
    }
}
