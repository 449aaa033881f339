package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.Attributes;
import io.millrace.agent.fuse.FuseFileSystem;
import io.millrace.agent.fuse.HeldNode;
import io.millrace.model.Errno;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Tells the kernel what it must forget, on a thread of its own: the kernel locks the directory for
 * it, and so waits for requests that are being answered.
 */
final class Notifier {

    private static final Logger LOG = System.getLogger(Notifier.class.getName());
    private static final int QUEUE = 65_536;

    /** struct fuse_notify_prune_out: count u32, 12 bytes of zeroes, then that many node ids. */
    private static final int PRUNE_HEAD = 16;

    private static final int PRUNED_AT_ONCE = 500;

    private final DeviceHandle device;
    private final FuseFileSystem fileSystem;
    private final LinkedBlockingQueue<Notification> queue = new LinkedBlockingQueue<>(QUEUE);
    private final AtomicBoolean everything = new AtomicBoolean();
    private final ReplyBuffer out = new ReplyBuffer(4096);

    private sealed interface Notification {}

    private record ForgetEntry(long parent, String name) implements Notification {}

    private record ForgetAll() implements Notification {}

    private record ForgetEach() implements Notification {}

    private record Trim() implements Notification {}

    private record Done(Runnable done) implements Notification {}

    private record End() implements Notification {}

    Notifier(DeviceHandle device, FuseFileSystem fileSystem) {
        this.device = device;
        this.fileSystem = fileSystem;
    }

    void start() {
        Thread thread = new Thread(this::run, "fuse-notify");
        thread.setDaemon(true);
        thread.start();
    }

    void entry(long parent, String name) {
        if (!queue.offer(new ForgetEntry(parent, name))) {
            all();
        }
    }

    /** Also what is left when the queue is full. */
    void all() {
        if (everything.compareAndSet(false, true) && !queue.offer(new ForgetAll())) {
            queue.clear();
            var _ = queue.offer(new ForgetAll());
        }
    }

    /** As {@link #all}, in the way of older kernels. */
    void each() {
        var _ = queue.offer(new ForgetEach());
    }

    /** Dropped when the queue is full: whoever holds too much asks again. */
    void trim() {
        var _ = queue.offer(new Trim());
    }

    /**
     * Runs {@code done} after what was asked for before; not when the queue is full, or has ended.
     */
    void whenDone(Runnable done) {
        var _ = queue.offer(new Done(done));
    }

    void end() {
        queue.clear();
        var _ = queue.offer(new End());
    }

    private void run() {
        if (!device.retain()) {
            return;
        }
        try {
            while (true) {
                switch (queue.take()) {
                    case ForgetEntry entry -> forget(entry);
                    case ForgetAll _ -> forgetAll();
                    case ForgetEach _ -> forgetEach();
                    case Done(Runnable done) -> done.run();
                    case Trim _ -> letGo(fileSystem.surplus());
                    case End _ -> {
                        return;
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            device.release();
        }
    }

    private void forgetName(long parent, String text) {
        byte[] name = text.getBytes(StandardCharsets.UTF_8);
        out.putLong(0, parent);
        out.putInt(8, name.length);
        out.putInt(12, 0);
        out.putBytes(16, name);
        out.putLong(16 + name.length, 0);
        send(Wire.NOTIFY_INVAL_ENTRY, 16 + name.length + 1);
    }

    private void forget(ForgetEntry entry) {
        forgetName(entry.parent(), entry.name());
        if (!(queue.peek() instanceof ForgetEntry next && next.parent() == entry.parent())) {
            forgetListing(entry.parent());
        }
    }

    /** The pages of a directory's listing, from offset 0 to the end, and its attributes. */
    private void forgetListing(long directory) {
        out.putLong(0, directory);
        out.putLong(8, 0);
        out.putLong(16, 0);
        send(Wire.NOTIFY_INVAL_INODE, 24);
    }

    /** What is in use stays, and nobody notices the rest. */
    private void letGo(List<HeldNode> nodes) {
        for (int from = 0; from < nodes.size(); from += PRUNED_AT_ONCE) {
            List<HeldNode> some =
                    nodes.subList(from, Math.min(from + PRUNED_AT_ONCE, nodes.size()));
            out.clear(0, PRUNE_HEAD);
            out.putInt(0, some.size());
            for (int i = 0; i < some.size(); i++) {
                out.putLong(PRUNE_HEAD + 8 * i, some.get(i).node());
            }
            int result = out.notify(device.fd(), Wire.NOTIFY_PRUNE, PRUNE_HEAD + 8 * some.size());
            if (result == -Errno.EINVAL) {
                forgetNames(nodes.subList(from, nodes.size()));
                return;
            }
        }
    }

    /**
     * What kernels before 6.18 need instead. Files only: a process whose working directory is
     * forgotten no longer knows its path.
     */
    private void forgetNames(List<HeldNode> nodes) {
        for (HeldNode node : nodes) {
            if (node.kind() == Attributes.Kind.FILE) {
                forgetName(node.parent(), node.name());
            }
        }
    }

    private void send(int code, int bytes) {
        int result = out.notify(device.fd(), code, bytes);
        // ENOENT: the kernel does not know it.
        if (result != 0 && result != -Errno.ENOENT && result != -Errno.ENOTCONN) {
            LOG.log(Level.DEBUG, () -> "event=fuse_notify_failed errno=" + -result);
        }
    }

    private void forgetAll() {
        everything.set(false);
        int result = out.notify(device.fd(), Wire.NOTIFY_INC_EPOCH, 0);
        if (result == -Errno.EINVAL) {
            forgetEach();
        }
    }

    /**
     * What kernels before 6.16 need instead. Forgetting a directory forgets what is below it, also
     * the names that are absent; those absent from the mounted directory itself stay for as long as
     * they are valid.
     */
    private void forgetEach() {
        fileSystem.forEachName((name, parent) -> forget(new ForgetEntry(parent, name)));
        forgetListing(FuseFileSystem.ROOT);
    }
}
