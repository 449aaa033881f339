package io.millrace.agent.boot;

import io.millrace.agent.fuse.FuseMount;
import java.util.concurrent.CountDownLatch;
import sun.misc.Signal;

/** Waits until the process must stop: SIGTERM, SIGINT, or a mount that ended. */
final class StopSignal {

    private final CountDownLatch stopped = new CountDownLatch(1);

    StopSignal() {
        Signal.handle(new Signal("TERM"), _ -> stopped.countDown());
        Signal.handle(new Signal("INT"), _ -> stopped.countDown());
    }

    /** Also stops when {@code mount} is unmounted by others. */
    void endsWith(FuseMount mount) {
        Thread.ofPlatform()
                .daemon()
                .name("mount-end")
                .start(() -> {
                    try {
                        mount.awaitEnd();
                        stopped.countDown();
                    } catch (InterruptedException e) {
                        // The process ends.
                    }
                });
    }

    void await() {
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
