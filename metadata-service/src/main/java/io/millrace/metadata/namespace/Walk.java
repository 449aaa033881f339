package io.millrace.metadata.namespace;

import io.millrace.model.EntryName;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * One page of a walk: the files below a path, depth first in name order. Keeps nothing between
 * pages: the cursor is where it stopped, relative to the start, so it may be used much later and by
 * another process. {@code a/b} is behind the entry b in a; {@code a/} is before the first entry of
 * a. What changes meanwhile is seen where the walk has not been yet.
 */
public final class Walk {

    private static final int ENTRIES = 1_000;
    private static final int AHEAD = 8;

    /** Most UTF-16 units of paths, keys and versions in a page: it must fit a message of 4 MiB. */
    private static final int PAGE_TEXT = 800_000;

    private final InodeStore inodes;
    private final SyncStore sync;
    private final Freshness freshness;
    private final NamespacePath path;
    private final long since;
    private final long deadlineNanos;
    private Differences differences = Differences.NONE;

    /** A file and where it is. */
    public record WalkedFile(NamespacePath path, long modifiedMillis, FileSource source) {

        static WalkedFile of(NamespacePath path, Inode.File file) {
            return new WalkedFile(path, file.modifiedMillis(), file.source());
        }
    }

    /**
     * What files were found to be, against what was known of them before.
     *
     * @param deleted also those below directories that are gone
     */
    public record Differences(long added, long changed, long deleted) {

        static final Differences NONE = new Differences(0, 0, 0);

        Differences plus(Differences other) {
            return new Differences(
                    added + other.added, changed + other.changed, deleted + other.deleted);
        }
    }

    /**
     * @param nextCursor empty: this was the last page
     * @param differences of the directories that the walk came to the end of; of a sync
     */
    public record Page(List<WalkedFile> files, String nextCursor, Differences differences) {}

    /** A directory that the walk is in: which entry it has come to. */
    private static final class Frame {
        final Inode.Directory directory;
        final NamespacePath path;
        String after;
        Iterator<Inode> buffered = List.<Inode>of().iterator();
        boolean ensured;

        Frame(Inode.Directory directory, NamespacePath path, String after) {
            this.directory = directory;
            this.path = path;
            this.after = after;
        }
    }

    /**
     * @param since what was listed by what began before is listed again, as a sync does; 0: what is
     *     fresh enough for its mount is not
     */
    Walk(
            InodeStore inodes,
            SyncStore sync,
            Freshness freshness,
            NamespacePath path,
            long since,
            Duration time) {
        this.inodes = inodes;
        this.sync = sync;
        this.freshness = freshness;
        this.path = path;
        this.since = since;
        this.deadlineNanos = System.nanoTime() + time.toNanos();
    }

    Page page(Inode at, String cursor, int limit) {
        return switch (at) {
            case Inode.File file ->
                    new Page(
                            cursor.isEmpty() ? List.of(WalkedFile.of(path, file)) : List.of(),
                            "",
                            Differences.NONE);
            case Inode.Directory directory -> walk(directory, resume(directory, cursor), limit);
        };
    }

    private Deque<Frame> resume(Inode.Directory directory, String cursor) {
        Deque<Frame> frames = new ArrayDeque<>();
        Inode.Directory in = directory;
        NamespacePath at = path;
        String[] names = cursor.split("/", -1);
        check(names);
        for (int i = 0; i < names.length; i++) {
            frames.push(new Frame(in, at, names[i]));
            if (i == names.length - 1) {
                break;
            }
            at = at.child(names[i]);
            Optional<Inode> next =
                    inodes.lookup(in.id(), names[i]).flatMap(InodeStore.Found::entry);
            if (!(next.orElse(null) instanceof Inode.Directory deeper)) {
                break;
            }
            in = deeper;
        }
        return frames;
    }

    private static void check(String[] names) {
        for (int i = 0; i < names.length; i++) {
            boolean start = names[i].isEmpty() && i == names.length - 1;
            if (!start && EntryName.problem(names[i]).isPresent()) {
                throw new MillraceException(
                        ErrorCode.INVALID_ARGUMENT, "the cursor is not one of a walk");
            }
        }
    }

    private Page walk(Inode.Directory start, Deque<Frame> frames, int limit) {
        List<WalkedFile> files = new ArrayList<>();
        int text = 0;
        while (!frames.isEmpty()) {
            Frame frame = frames.element();
            try {
                if (!frame.buffered.hasNext() && !fill(frame, limit - files.size())) {
                    frames.pop();
                    continue;
                }
            } catch (MillraceException e) {
                if (files.isEmpty()) {
                    throw e;
                }
                // The next page meets it again.
                return new Page(files, cursor(frames), differences);
            }
            Inode entry = frame.buffered.next();
            frame.after = entry.name();
            NamespacePath found = frame.path.child(entry.name());
            switch (entry) {
                case Inode.File file -> {
                    files.add(WalkedFile.of(found, file));
                    text += found.toString().length() + file.source().key().length();
                    text += file.source().objectVersion().length();
                }
                case Inode.Directory directory -> frames.push(new Frame(directory, found, ""));
            }
            boolean full = files.size() >= limit || text > PAGE_TEXT;
            if (full || System.nanoTime() - deadlineNanos > 0) {
                return new Page(files, cursor(frames), differences);
            }
        }
        checkStillThere(start);
        return new Page(files, "", differences);
    }

    /** A walk that lost the ground under it has not come to the end. */
    private void checkStillThere(Inode.Directory directory) {
        List<Inode> now = inodes.resolve(path.components());
        if (now.getLast().id() != directory.id()) {
            throw new MillraceException(
                    ErrorCode.NOT_FOUND, path + " was removed while it was walked");
        }
    }

    /** False: the directory has no more entries. */
    private boolean fill(Frame frame, int wanted) {
        if (!frame.ensured) {
            frame.ensured = true;
            Freshness.Known known =
                    since > 0
                            ? freshness.ensureListedAfter(since, frame.directory)
                            : freshness.ensure(frame.directory);
            if (known instanceof Freshness.Known.Gone) {
                return false;
            }
        }
        List<Inode> page =
                inodes.entries(frame.directory, frame.after, Math.clamp(wanted, 1, ENTRIES));
        page.stream()
                .filter(Inode.Directory.class::isInstance)
                .map(Inode.Directory.class::cast)
                .limit(AHEAD)
                .forEach(directory -> freshness.begin(directory, since));
        frame.buffered = page.iterator();
        if (page.isEmpty() && since > 0) {
            differences = differences.plus(sync.since(frame.directory.id(), since));
        }
        return !page.isEmpty();
    }

    private static String cursor(Deque<Frame> frames) {
        List<String> names = new ArrayList<>();
        frames.descendingIterator().forEachRemaining(frame -> names.add(frame.after));
        return String.join("/", names);
    }
}
