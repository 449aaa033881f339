package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.Call;
import io.millrace.agent.fuse.FuseFileSystem;
import io.millrace.agent.fuse.FuseMount;
import io.millrace.agent.fuse.FuseOptions;
import io.millrace.agent.fuse.ReadPolicy;
import io.millrace.agent.fuse.Reading;
import io.millrace.agent.takeover.Supervision;
import io.millrace.model.Errno;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One mount and the threads that serve it.
 *
 * <p>Reader threads are platform threads: they block in read(2) of the device. What needs no remote
 * answer they answer themselves; the rest goes to {@link WaitingRequests}, so that one slow worker
 * never stalls other requests.
 */
final class FuseConnection implements FuseMount {

    private static final Logger LOG = System.getLogger(FuseConnection.class.getName());
    private static final Duration INIT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration END_TIMEOUT = Duration.ofSeconds(2);
    private static final int ECONNABORTED = 103;

    private final DeviceHandle device;
    private final MountPoint mountPoint;
    private final @Nullable Supervision supervision;
    private final ReadPolicy wanted;
    private final Opens opens;
    private final Protocol protocol;
    private final WaitingRequests waiting;
    private final Notifier notifier;
    private final int readers;
    private final CompletableFuture<Void> initialized = new CompletableFuture<>();
    private final CountDownLatch running;
    private volatile boolean leaving;

    FuseConnection(
            DeviceHandle device,
            MountPoint mountPoint,
            FuseFileSystem fileSystem,
            FuseOptions options,
            @Nullable Supervision supervision) {
        this.device = device;
        this.mountPoint = mountPoint;
        this.supervision = supervision;
        this.wanted = options.readPolicy();
        Handles handles = new Handles(supervision == null ? 0 : supervision.restarts());
        this.opens =
                new Opens(
                        fileSystem,
                        wanted,
                        device.fd(),
                        handles,
                        supervision == null
                                ? OpenJournal.NONE
                                : new OpenNodesFile(supervision.opens()));
        this.protocol =
                new Protocol(
                        fileSystem,
                        opens,
                        new DirectoryHandles(fileSystem, handles),
                        options,
                        supervision == null ? 0 : Wire.FLAG2_HAS_RESEND);
        this.waiting = new WaitingRequests(device, protocol, options.waitingReads());
        this.notifier = new Notifier(device, fileSystem);
        this.readers = options.readers();
        this.running = new CountDownLatch(readers);
    }

    /**
     * Goes on where a killed agent stopped: what it had read and not answered is given out again.
     *
     * @param agreed with the kernel; empty: INIT is still to come, or comes again
     */
    void takeOver(Optional<AgreedConnection> agreed) {
        int result = new ReplyBuffer(4096).notify(device.fd(), Wire.NOTIFY_RESEND, 0);
        if (result != 0) {
            LOG.log(Level.WARNING, "event=fuse_resend_failed errno=" + -result);
        }
        agreed.ifPresent(connection -> {
            opens.decide(connection.flags2());
            initialized.complete(null);
        });
        start();
        // What changed while nobody watched is not known.
        notifier.all();
    }

    /** Starts the threads and waits until the kernel has been answered. */
    void start() {
        for (int i = 0; i < readers; i++) {
            Thread thread = new Thread(this::readRequests, "fuse-reader-" + i);
            thread.setDaemon(true);
            thread.start();
        }
        Thread end = new Thread(this::awaitReaders, "fuse-end");
        end.setDaemon(true);
        end.start();
        notifier.start();
        try {
            initialized.get(INIT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            if (e.getCause() instanceof MillraceException refused) {
                throw refused;
            }
            throw new MillraceException(
                    ErrorCode.UNAVAILABLE,
                    "the kernel did not accept the mount at " + mountPoint.path(),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(ErrorCode.INTERRUPTED, "interrupted while mounting", e);
        }
    }

    @Override
    public void invalidateEntry(long parent, String name) {
        notifier.entry(parent, name);
    }

    @Override
    public void invalidateAll() {
        notifier.all();
    }

    @Override
    public void whenInvalidated(Runnable done) {
        notifier.whenDone(done);
    }

    @Override
    public void trim() {
        notifier.trim();
    }

    /** As {@link #invalidateAll}, in the way of older kernels. */
    void invalidateEach() {
        notifier.each();
    }

    @Override
    public Reading reading() {
        return opens.reading();
    }

    @Override
    public void unmount(Duration grace) {
        try {
            mountPoint.unmount(grace);
            // Requests still waiting are given up: their processes got ENOTCONN or are answered so.
            waiting.cancelAll();
            // A copy of the mount in another mount namespace, or an open file of a mount that was
            // taken away, keeps the connection alive.
            boolean ended =
                    endsSoon()
                            || (mountPoint.abort() && endsSoon())
                            || (mountPoint.wasTakenAway() && readersLeave());
            if (!ended) {
                LOG.log(Level.WARNING, "event=fuse_still_held path=" + mountPoint.path());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean endsSoon() throws InterruptedException {
        return running.await(END_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Ends the connection where it cannot be aborted: it ends when the device is closed, which
     * readers keep open that wait for requests. So each gets one, and leaves.
     */
    private boolean readersLeave() throws InterruptedException {
        leaving = true;
        for (int i = 0; i < readers; i++) {
            Thread.ofPlatform().daemon().name("fuse-leave-" + i).start(mountPoint::ask);
        }
        return endsSoon();
    }

    @Override
    public void awaitEnd() throws InterruptedException {
        running.await();
    }

    private void awaitReaders() {
        try {
            running.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        initialized.completeExceptionally(new IllegalStateException("unmounted"));
        waiting.cancelAll();
        notifier.end();
        opens.end();
        device.release();
        mountPoint.ended();
    }

    private void readRequests() {
        try {
            RequestBuffer in = new RequestBuffer();
            ReplyBuffer out = new ReplyBuffer(Wire.MAX_READ);
            while (true) {
                int result;
                try {
                    result = in.receive(device.fd());
                } catch (MalformedRequest e) {
                    LOG.log(Level.ERROR, "event=fuse_request_malformed reason=" + e.getMessage());
                    continue;
                }
                if (leaving) {
                    if (result == 0) {
                        refuse(in, out, Errno.ENODEV);
                    }
                    return;
                }
                switch (-result) {
                    case 0 -> handleWhole(in, out);
                    // The request went away before it was read.
                    case Errno.EINTR, Errno.EAGAIN, Errno.ENOENT -> {}
                    case Errno.ENODEV, ECONNABORTED -> {
                        return;
                    }
                    default -> {
                        LOG.log(Level.ERROR, "event=fuse_read_failed errno=" + -result);
                        return;
                    }
                }
            }
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "event=fuse_reader_defect", e);
            initialized.completeExceptionally(e);
        } finally {
            running.countDown();
        }
    }

    private void handleWhole(RequestBuffer in, ReplyBuffer out) {
        try {
            handle(in, out);
        } catch (MalformedRequest e) {
            LOG.log(Level.ERROR, "event=fuse_request_malformed reason=" + e.getMessage());
            refuse(in, out, Errno.EINVAL);
        }
    }

    /** Whoever waits for an answer that never comes cannot be killed, and holds the device open. */
    private void refuse(RequestBuffer in, ReplyBuffer out, int errno) {
        if (Protocol.isAnswered(in.opcode())) {
            out.reset();
            var _ = out.send(device.fd(), in.unique(), -errno);
        }
    }

    private void handle(RequestBuffer in, ReplyBuffer out) {
        int opcode = in.opcode();
        long unique = in.unique();
        switch (opcode) {
            case Wire.INIT -> initialize(in, out);
            case Wire.RELEASE -> {
                long handle = in.longAt(0);
                out.reset();
                var _ = out.send(device.fd(), unique, 0);
                protocol.release(in.node(), handle, out.scratch());
            }
            case Wire.INTERRUPT -> waiting.interrupt(in.longAt(0), out);
            default -> {
                Operation operation = protocol.decode(in);
                if (operation != null) {
                    answer(opcode, unique, in.thread(), operation, out);
                }
            }
        }
    }

    private void initialize(RequestBuffer in, ReplyBuffer out) {
        out.reset();
        int flags2 = protocol.flags2(in);
        if (supervision != null) {
            if ((flags2 & Wire.FLAG2_HAS_RESEND) == 0) {
                var _ = out.send(device.fd(), in.unique(), -Errno.EOPNOTSUPP);
                initialized.completeExceptionally(
                        new MillraceException(
                                ErrorCode.UNAVAILABLE,
                                "a supervised mount needs Linux 6.9 or later: this kernel does not"
                                        + " give requests out again"));
                return;
            }
            new AgreedConnection(flags2, wanted).write(supervision.connection());
        }
        var _ = out.send(device.fd(), in.unique(), protocol.initialize(in, flags2, out));
        opens.decide(flags2);
        initialized.complete(null);
    }

    private void answer(int opcode, long unique, int thread, Operation operation, ReplyBuffer out) {
        int result = protocol.run(opcode, operation, out, Call.IMMEDIATE);
        if (result == Operation.WOULD_BLOCK) {
            waiting.start(opcode, unique, thread, operation, out);
        } else if (out.send(device.fd(), unique, result) != 0) {
            protocol.takeBack(out);
        }
    }
}
