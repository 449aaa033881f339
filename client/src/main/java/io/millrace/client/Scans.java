package io.millrace.client;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.millrace.contracts.DataPort;
import io.millrace.model.BlockLayout;
import io.millrace.model.MillraceException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Recognises that the small files of a directory are read through, and asks workers to fetch ahead
 * those that will come: a reader that waits a round trip for each file reads 80 a second from a
 * bucket 12 ms away, whatever the bucket could give.
 *
 * <p>A scan begins when workers had to fetch files of a directory that were opened in the order of
 * its listing, or a number of them in any order. What is asked is what lies behind the last file
 * asked for; the bytes wait in the caches of the workers, where every host finds them. How much is
 * asked follows from what the guess has brought ({@link Scan#allowed}): files that are never opened
 * end it, as do workers that refuse. A directory of which everything is cached has no scan, and
 * costs one look into a table for each open.
 *
 * <p>The monitor of each {@link Scan} guards its fields, and is not held while anybody is asked.
 */
final class Scans {

    private static final Logger LOG = System.getLogger(Scans.class.getName());
    private static final int DIRECTORIES = 10_000;
    private static final Duration FORGOTTEN_AFTER = Duration.ofMinutes(2);

    /** Larger files are read ahead while they are read. */
    private static final long SMALL = BlockLayout.CHUNK_BYTES;

    /** Opens in a row of ascending names: by chance, one time in 40,320. */
    private static final int ASCENDING = 8;

    /** As many that a reader may have overtaken what was asked for: never by chance. */
    private static final int OVERTAKING = 32;

    /** Files missed in any order before a directory is taken to be read through. */
    private static final int MISSED = 16;

    private static final int FIRST_ASKED = 64;
    private static final int ASKED_FOR_EACH_MET = 4;
    private static final int ASKED_FOR_EACH_OPEN = 16;
    private static final long PAUSE_NANOS = 2_000_000_000L;

    private final PageSearch pages;
    private final RemoteReads remote;
    private final long maxBytes;
    private final ClientCounters counters;

    /** Bytes being asked for, or asked for and not opened yet, of all scans. */
    private final AtomicLong waiting = new AtomicLong();

    private final Cache<Long, Scan> scans;

    /** What is known of the reading of one directory. */
    private static final class Scan {
        private final long directoryId;
        private String lastName = "";
        private int ascending;
        private long opens;
        private long misses;

        // What was asked: the small files whose names are in (askedFrom, askedTo].
        private String askedFrom = "";
        private String askedTo = "";

        /** Behind which name the page begins in which {@link #askedTo} lies. */
        private String pageAfter = "";

        private long asked;
        private long askedBytes;
        private long met;
        private long metBytes;
        private boolean atEnd;
        private boolean asking;
        private boolean forgotten;
        private long pausedUntil = System.nanoTime();

        private Scan(long directoryId) {
            this.directoryId = directoryId;
        }

        /** Whether the file was asked for. */
        private boolean opened(NamespaceEntry file) {
            String name = file.name();
            if (name.equals(lastName)) {
                return false;
            }
            ascending = name.compareTo(lastName) > 0 ? ascending + 1 : 0;
            lastName = name;
            opens++;
            boolean wasAsked =
                    name.compareTo(askedFrom) > 0 && name.compareTo(askedTo) <= 0 && met < asked;
            if (wasAsked) {
                met++;
                metBytes += file.file().length();
            }
            return wasAsked;
        }

        private boolean isOrdered() {
            return ascending >= ASCENDING;
        }

        /**
         * How many more files may be asked for: in order, a few for each one that was met; in any
         * order, a few for each open, since a file is met only when its turn comes.
         */
        private long allowed() {
            if (asking || atEnd || forgotten || pausedUntil - System.nanoTime() > 0) {
                return 0;
            }
            long limit = 0;
            if (isOrdered() && misses > 1) {
                limit = FIRST_ASKED + ASKED_FOR_EACH_MET * met;
            }
            if (misses >= MISSED) {
                limit = Math.max(limit, ASKED_FOR_EACH_OPEN * (opens - MISSED));
            }
            return limit - (asked - met);
        }

        private long waitingBytes() {
            return Math.max(0, askedBytes - metBytes);
        }

        /** Begins to ask behind {@link #askedTo}, or where the reader is by now. */
        private void begin() {
            asking = true;
            if (ascending >= (asked == 0 ? ASCENDING : OVERTAKING)
                    && lastName.compareTo(askedTo) > 0) {
                askedFrom = asked == 0 ? lastName : askedFrom;
                askedTo = lastName;
                pageAfter = lastName;
            }
        }
    }

    /**
     * @param maxBytes asked for and not opened yet, of all directories; 0: nothing is asked
     */
    Scans(Namespace namespace, RemoteReads remote, long maxBytes, ClientCounters counters) {
        this.scans =
                Caffeine.newBuilder()
                        .maximumSize(DIRECTORIES)
                        .expireAfterAccess(FORGOTTEN_AFTER)
                        .executor(Runnable::run)
                        .<Long, Scan>removalListener((_, scan, _) -> forgotten(scan))
                        .build();
        this.pages = new PageSearch(namespace);
        this.remote = remote;
        this.maxBytes = maxBytes;
        this.counters = counters;
    }

    /** What a scan still waits for holds up others no longer. */
    private void forgotten(@Nullable Scan scan) {
        if (scan != null) {
            synchronized (scan) {
                scan.forgotten = true;
                waiting.addAndGet(-scan.waitingBytes());
            }
        }
    }

    /** A file is opened, wherever its bytes are. Does not wait. */
    void opened(NamespaceEntry file) {
        Scan scan = scans.getIfPresent(file.parentId());
        if (scan == null || file.isDirectory()) {
            return;
        }
        boolean wasAsked;
        synchronized (scan) {
            long before = scan.waitingBytes();
            wasAsked = scan.opened(file);
            noteWaiting(scan, before);
        }
        if (wasAsked) {
            counters.scanMetFiles.increment();
        }
        askMore(scan);
    }

    private void noteWaiting(Scan scan, long before) {
        if (!scan.forgotten) {
            waiting.addAndGet(scan.waitingBytes() - before);
        }
    }

    /** A worker had to fetch a file. Does not wait. */
    void missed(NamespaceEntry file) {
        if (maxBytes == 0 || file.file().length() > SMALL) {
            return;
        }
        Scan scan = scans.get(file.parentId(), Scan::new);
        synchronized (scan) {
            scan.misses++;
        }
        askMore(scan);
    }

    private void askMore(Scan scan) {
        int most;
        long room;
        String after;
        String pageAfter;
        synchronized (scan) {
            most = (int) Math.min(scan.allowed(), DataPort.MAX_PREFETCH);
            room = most < 1 ? 0 : reserve(most * SMALL);
            if (room < 1) {
                return;
            }
            scan.begin();
            after = scan.askedTo;
            pageAfter = scan.pageAfter;
        }
        Thread.ofVirtual().name("scan").start(() -> ask(scan, after, pageAfter, most, room));
    }

    /** Takes as much of {@code bytes} as the limit leaves. */
    private long reserve(long bytes) {
        while (true) {
            long now = waiting.get();
            long room = Math.min(bytes, maxBytes - now);
            if (room <= 0 || waiting.compareAndSet(now, now + room)) {
                return room;
            }
        }
    }

    private void ask(Scan scan, String after, String pageAfter, int most, long room) {
        Batch batch = new Batch(List.of(), after, pageAfter, false);
        int taken = 0;
        try {
            batch = behind(scan.directoryId, after, pageAfter, most, room);
            taken = batch.files().isEmpty() ? 0 : remote.prefetch(batch.files());
        } catch (MillraceException e) {
            LOG.log(Level.DEBUG, "event=scan_not_followed directory=" + scan.directoryId, e);
        }
        counters.scanAskedFiles.add(taken);
        synchronized (scan) {
            scan.asking = false;
            waiting.addAndGet(-room);
            if (taken < batch.files().size() || batch.isEmpty()) {
                // Where workers refuse, readers ask for themselves for a while.
                scan.pausedUntil = System.nanoTime() + PAUSE_NANOS;
            }
            if (taken > 0 || batch.files().isEmpty()) {
                scan.askedTo = batch.lastName();
                scan.pageAfter = batch.pageAfter();
                scan.atEnd = batch.isLast();
                long before = scan.waitingBytes();
                scan.asked += taken;
                scan.askedBytes +=
                        batch.files().stream()
                                .limit(taken)
                                .mapToLong(entry -> entry.file().length())
                                .sum();
                noteWaiting(scan, before);
            }
        }
        askMore(scan);
    }

    /**
     * Small files in the order of the listing.
     *
     * @param lastName of what was looked at
     * @param pageAfter behind which name the page begins that they are of
     * @param isLast nothing comes behind
     */
    private record Batch(
            List<NamespaceEntry> files, String lastName, String pageAfter, boolean isLast) {

        private boolean isEmpty() {
            return files.isEmpty() && !isLast;
        }
    }

    /** One page's worth at most. */
    private Batch behind(long directoryId, String after, String pageAfter, int most, long room) {
        PageSearch.Found found = pages.find(directoryId, after, pageAfter);
        List<NamespaceEntry> files = new ArrayList<>();
        String last = after;
        long left = room;
        for (NamespaceEntry entry : found.page().entries()) {
            if (entry.name().compareTo(after) <= 0) {
                continue;
            }
            boolean small =
                    !entry.isDirectory()
                            && entry.file().length() > 0
                            && entry.file().length() <= SMALL;
            if (files.size() == most || (small && entry.file().length() > left)) {
                return new Batch(files, last, found.afterName(), false);
            }
            last = entry.name();
            if (small) {
                files.add(entry);
                left -= entry.file().length();
            }
        }
        return new Batch(files, last, found.afterName(), !found.page().more());
    }
}
