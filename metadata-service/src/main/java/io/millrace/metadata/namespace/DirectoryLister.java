package io.millrace.metadata.namespace;

import io.millrace.metadata.mounts.Mount;
import io.millrace.metadata.mounts.MountTable;
import io.millrace.metadata.namespace.ListedEntries.HiddenKey;
import io.millrace.metadata.namespace.ListingStore.Claim;
import io.millrace.metadata.namespace.ListingStore.RawSpan;
import io.millrace.metadata.namespace.ListingStore.Span;
import io.millrace.model.EntryName;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.understore.ListPage;
import io.millrace.understore.ObjectStatus;
import io.millrace.understore.UnderStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Brings one directory to what the bucket holds: lists it page by page and writes what differs.
 *
 * <p>A bucket lists in key order, so each page covers a span of that order, and what the table has
 * in the span and the page has not is gone. Unchanged entries cost a read and no write, and memory
 * holds one page. In listing order a directory is its name and {@code /}: {@code a-b} comes before
 * {@code a/}. No connection is held while the bucket is asked. Where the mount wants the attributes
 * of objects, they are read between listing a page and writing it, for what is new or changed.
 */
final class DirectoryLister {

    private static final int PAGE_KEYS = 1_000;

    /** Of a claim within its lease, while attributes are read. */
    private static final int RENEWALS = 4;

    private final ListingStore store;
    private final MountTable mounts;
    private final InstantSource clock;
    private final Duration claimLease;
    private final AttributeReads attributes;

    DirectoryLister(
            ListingStore store,
            MountTable mounts,
            AttributeReads attributes,
            InstantSource clock,
            Duration claimLease) {
        this.store = store;
        this.mounts = mounts;
        this.attributes = attributes;
        this.clock = clock;
        this.claimLease = claimLease;
    }

    /** What came of it. */
    enum Outcome {
        LISTED,
        /** Another process is at it, or has taken over. */
        OTHERS,
        /** The directory is no longer in the table. */
        GONE
    }

    /**
     * Lists {@code directory}.
     *
     * @param progress called after each page
     * @throws MillraceException what the under store throws; a missing bucket is UNAVAILABLE
     */
    Outcome list(Inode.Directory directory, Mount mount, Runnable progress) {
        return switch (store.claim(directory, claimLease)) {
            case Claim.Gone _ -> Outcome.GONE;
            case Claim.Done _ -> Outcome.LISTED;
            case Claim.Others _ -> Outcome.OTHERS;
            case Claim.Mine mine -> {
                boolean finished = false;
                try {
                    Outcome outcome = list(directory, mount, mine, progress);
                    finished = outcome == Outcome.LISTED;
                    yield outcome;
                } finally {
                    if (!finished) {
                        store.abandon(directory.id(), mine);
                    }
                }
            }
        };
    }

    private Outcome list(
            Inode.Directory directory, Mount mount, Claim.Mine claim, Runnable progress) {
        long began = clock.millis();
        UnderStore underStore = asked(() -> mounts.storeOf(mount));
        Progress at = new Progress();
        String continuation = null;
        do {
            String from = continuation;
            ListPage page =
                    asked(() ->
                            underStore.list(
                                    directory.prefix(),
                                    UnderStore.Depth.ONE_LEVEL,
                                    from,
                                    PAGE_KEYS));
            continuation = page.continuation();
            ListedEntries entries = ListedEntries.of(directory.prefix(), page);
            if (mount.options().objectAttributes()) {
                Optional<ListedEntries> known =
                        withAttributes(underStore, directory, claim, entries, progress);
                if (known.isEmpty()) {
                    return Outcome.OTHERS;
                }
                entries = known.get();
            }
            if (!at.write(store, directory, claim, claimLease, page, entries)) {
                return Outcome.OTHERS;
            }
            progress.run();
        } while (continuation != null);
        if (!at.waiting.isEmpty()
                && !store.applyWaiting(directory, claim, claimLease, at.waiting)) {
            return Outcome.OTHERS;
        }
        return store.finish(directory.id(), claim, began) ? Outcome.LISTED : Outcome.OTHERS;
    }

    /**
     * {@code entries} with the attributes of those files that the table does not have as they are,
     * and without those that are gone meanwhile. Empty: the claim is lost.
     */
    private Optional<ListedEntries> withAttributes(
            UnderStore underStore,
            Inode.Directory directory,
            Claim.Mine claim,
            ListedEntries entries,
            Runnable progress) {
        List<ObjectStatus> changed = store.changed(directory, entries.files());
        if (changed.isEmpty()) {
            return Optional.of(entries);
        }
        return asked(() ->
                        attributes.read(
                                underStore,
                                changed,
                                progress,
                                claimLease.dividedBy(RENEWALS),
                                () -> store.renew(directory, claim, claimLease)))
                .map(said -> entries.with(changed, said));
    }

    /**
     * What {@code call} to a bucket answers. A missing bucket must not be taken for a file that is
     * not there: it is UNAVAILABLE.
     */
    static <T> T asked(Supplier<T> call) {
        try {
            return call.get();
        } catch (MillraceException e) {
            throw e.code() == ErrorCode.NOT_FOUND || e.code() == ErrorCode.INVALID_ARGUMENT
                    ? new MillraceException(ErrorCode.UNAVAILABLE, e.getMessage(), e)
                    : e;
        }
    }

    /** How far one listing has come; used by one thread. */
    private static final class Progress {
        private String last = "";
        private byte[] lastRaw = new byte[0];
        private Map<String, ObjectStatus> waiting = new HashMap<>();

        boolean write(
                ListingStore store,
                Inode.Directory directory,
                Claim.Mine claim,
                Duration lease,
                ListPage page,
                ListedEntries entries) {
            boolean isLast = page.continuation() == null;
            String to = isLast ? ListingStore.END : laterOf(last, entries.last());
            checkOrder(directory, entries);
            byte[] toRaw = isLast ? RawSpan.end() : lastRaw(lastRaw, page);
            Span span = new Span(last, to);
            Map<String, ObjectStatus> before = waiting;
            Map<String, ObjectStatus> after = new HashMap<>();
            boolean written =
                    store.apply(
                            directory,
                            claim,
                            lease,
                            entries,
                            span,
                            new RawSpan(lastRaw, toRaw),
                            (older, known) -> {
                                after.clear();
                                after.putAll(before);
                                return DirectoryDiff.of(directory, older, known, after, span);
                            },
                            () ->
                                    after.values().stream()
                                            .map(object -> HiddenKey.behindDirectory(object.key()))
                                            .toList());
            waiting = after;
            last = to;
            lastRaw = toRaw;
            return written;
        }

        private void checkOrder(Inode.Directory directory, ListedEntries entries) {
            boolean disorder =
                    (!entries.files().isEmpty()
                                    && EntryName.compare(entries.files().firstKey(), last) <= 0)
                            || (!entries.directories().isEmpty()
                                    && EntryName.compare(entries.directories().first() + "/", last)
                                            <= 0);
            if (disorder && !last.isEmpty()) {
                throw new MillraceException(
                        ErrorCode.IO_ERROR,
                        "the bucket does not list "
                                + directory.prefix()
                                + " in key order: after '"
                                + last
                                + "' came a name before it");
            }
        }

        private static String laterOf(String a, String b) {
            return EntryName.compare(a, b) >= 0 ? a : b;
        }

        private static byte[] lastRaw(byte[] before, ListPage page) {
            byte[] result = before;
            List<String> prefixes = page.commonPrefixes();
            if (!prefixes.isEmpty()) {
                result = later(result, prefixes.getLast());
            }
            if (!page.objects().isEmpty()) {
                result = later(result, page.objects().getLast().key());
            }
            return result;
        }

        private static byte[] later(byte[] a, String key) {
            byte[] b = key.getBytes(StandardCharsets.UTF_8);
            return Arrays.compareUnsigned(a, b) >= 0 ? a : b;
        }
    }
}
