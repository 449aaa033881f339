package io.millrace.agent.fuse.jnr;

import io.millrace.agent.fuse.FuseMount;
import io.millrace.agent.fuse.ReadPolicy;
import io.millrace.agent.fuse.Reading;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One mount and the thread that runs libfuse's loop, which has threads of its own. */
final class JnrMount implements FuseMount {

    private static final Logger LOG = System.getLogger(JnrMount.class.getName());
    private static final Duration INIT_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration END_TIMEOUT = Duration.ofSeconds(2);
    private static final long BUSY_PAUSE_MILLIS = 100;

    private final Path path;
    private final PathFileSystem fileSystem;
    private final CountDownLatch ended = new CountDownLatch(1);

    JnrMount(Path path, PathFileSystem fileSystem) {
        this.path = path;
        this.fileSystem = fileSystem;
    }

    /** Starts libfuse and waits until the kernel has been answered. */
    void start(String[] options) {
        CompletableFuture<Void> mounted = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("fuse-loop").start(() -> serve(options, mounted));
        Thread.ofPlatform()
                .daemon()
                .name("fuse-init")
                .start(() -> {
                    try {
                        fileSystem.initialized().await();
                        mounted.complete(null);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
        try {
            mounted.get(INIT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "libfuse did not mount at "
                            + path
                            + " (it says why on standard error; it needs libfuse2 or macFUSE)",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(ErrorCode.INTERRUPTED, "interrupted while mounting", e);
        }
    }

    private void serve(String[] options, CompletableFuture<Void> mounted) {
        try {
            fileSystem.serve(path, options);
            mounted.completeExceptionally(new IllegalStateException("unmounted"));
        } catch (RuntimeException | LinkageError e) {
            mounted.completeExceptionally(e);
        } finally {
            fileSystem.tree().forgetAll();
            fileSystem.initialized().countDown();
            ended.countDown();
        }
    }

    @Override
    public void invalidateEntry(long parent, String name) {
        fileSystem.tree().forget(parent, name);
    }

    @Override
    public void invalidateAll() {
        fileSystem.tree().forgetAll();
    }

    @Override
    public void whenInvalidated(Runnable done) {
        done.run();
    }

    @Override
    public Reading reading() {
        return new Reading(
                ReadPolicy.DIRECT,
                "libfuse2 knows files by path, so nothing is kept in the page cache",
                0,
                0,
                fileSystem.opens());
    }

    /** Libfuse keeps the kernel's nodes, and tells nothing of them. */
    @Override
    public void trim() {}

    @Override
    public void unmount(Duration grace) {
        try {
            long end = System.nanoTime() + grace.toNanos();
            while (!isEnded(Duration.ZERO)) {
                run(gentle());
                if (isEnded(Duration.ofMillis(BUSY_PAUSE_MILLIS))) {
                    return;
                }
                if (System.nanoTime() >= end) {
                    LOG.log(Level.WARNING, "event=unmount_busy path=" + path + " action=detach");
                    run(forced());
                    if (!isEnded(END_TIMEOUT)) {
                        LOG.log(Level.WARNING, "event=fuse_still_held path=" + path);
                    }
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static List<List<String>> gentle() {
        return JnrFuseBinding.isMac()
                ? List.of(List.of("umount"))
                : List.of(List.of("umount"), List.of("fusermount", "-u"));
    }

    private static List<List<String>> forced() {
        return JnrFuseBinding.isMac()
                ? List.of(List.of("umount", "-f"))
                : List.of(List.of("umount", "-f", "-l"), List.of("fusermount", "-u", "-z"));
    }

    /** Tries one command after the other until one does it. */
    private void run(List<List<String>> commands) throws InterruptedException {
        for (List<String> command : commands) {
            List<String> complete = new ArrayList<>(command);
            complete.add(path.toString());
            try {
                Process process =
                        new ProcessBuilder(complete)
                                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                                .redirectError(ProcessBuilder.Redirect.DISCARD)
                                .start();
                if (process.waitFor() == 0) {
                    return;
                }
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "event=unmount_command_missing command=" + command, e);
            }
        }
    }

    private boolean isEnded(Duration patience) throws InterruptedException {
        return ended.await(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void awaitEnd() throws InterruptedException {
        ended.await();
    }
}
