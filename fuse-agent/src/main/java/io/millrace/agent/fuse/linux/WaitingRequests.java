package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.Call;
import io.millrace.client.Cancellation;
import io.millrace.model.Errno;
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

    private record Waiting(long unique, Cancellation cancellation, AtomicBoolean answered) {}

    /** Starts to wait. Does not wait itself. */
    void start(int opcode, long unique, Operation operation, ReplyBuffer scratch) {
        if (!device.retain()) {
            return;
        }
        Waiting request = new Waiting(unique, new Cancellation(), new AtomicBoolean());
        waiting.put(unique, request);
        if (early.remove(unique)) {
            interrupt(request, scratch);
        }
        BufferPool pool = Protocol.hasLargeAnswer(opcode) ? large : small;
        Thread.ofVirtual()
                .name("fuse-request-" + unique)
                .start(() -> run(request, operation, pool));
    }

    /** Answers EINTR to the request {@code unique} if it waits. */
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
        int result = protocol.run(operation, out, Call.waiting(request.cancellation()));
        if (!request.answered().compareAndSet(false, true)
                || out.send(device.fd(), request.unique(), result) != 0) {
            protocol.takeBack(out);
        }
    }
}
