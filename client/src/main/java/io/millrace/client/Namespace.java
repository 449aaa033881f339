package io.millrace.client;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.millrace.contracts.v1.LookupRequest;
import io.millrace.contracts.v1.LookupResponse;
import io.millrace.contracts.v1.ReadDirectoryRequest;
import io.millrace.contracts.v1.ReadDirectoryResponse;
import io.millrace.contracts.v1.ResolveRequest;
import io.millrace.contracts.v1.ResolveResponse;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * The namespace as this client knows it: answers of metadata-service, each kept for as long as the
 * service said, or until the watch says that it changed.
 *
 * <p>An answer on its way while its subject changes must not be kept. Each change raises a
 * generation (striped by the hash of its directory); an answer is kept only when the generation is
 * the one from before the question. An answer that was asked for while nothing tells of changes, or
 * before that ended, is kept for outages of the service alone: it is asked again when it is needed.
 */
public final class Namespace {

    private static final int STRIPES = 4096;
    private static final int PAGE_ENTRIES = 2000;
    private static final long MAX_VALID_MILLIS = TimeUnit.HOURS.toMillis(1);

    /** How long an answer that is too old is believed at a time while the service is away. */
    private static final long OUTAGE_STEP_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final MetadataClient metadata;
    private final long outageNanos;
    private final Cache<NameKey, Lookup> names;
    private final Cache<PageKey, DirectoryPage> pages;
    private final AtomicLongArray generations = new AtomicLongArray(STRIPES);
    private final List<NamespaceListener> listeners = new CopyOnWriteArrayList<>();

    /** Grows when the watch is lost and when it is found again: odd while it is lost. */
    private volatile long watchEpoch;

    private final Neighbours neighbours;
    private final ListAhead ahead;

    private record NameKey(long parentId, String name) {}

    /** Carries the generation: a change of the directory leaves its pages behind. */
    private record PageKey(long directoryId, long generation, String afterName) {}

    Namespace(MetadataClient metadata, ClientSettings settings) {
        this.metadata = metadata;
        this.outageNanos = settings.outage().toNanos();
        this.names = Caffeine.newBuilder().maximumSize(settings.cachedNames()).build();
        this.neighbours = new Neighbours(this, settings.cachedNames() / 4);
        this.ahead = new ListAhead(this);
        this.pages =
                Caffeine.newBuilder()
                        .maximumWeight(settings.cachedNames())
                        .weigher((PageKey _, DirectoryPage page) -> page.entries().size() + 1)
                        .build();
    }

    public void addListener(NamespaceListener listener) {
        listeners.add(listener);
    }

    /**
     * Looks up all components of a path. Asks metadata-service each time.
     *
     * @throws MillraceException NOT_FOUND
     */
    public NamespaceEntry resolve(NamespacePath path, Cancellation cancellation) {
        ResolveResponse answer =
                metadata.call(
                        MetadataClient.Absence.WAIT,
                        cancellation,
                        stub ->
                                stub.resolve(
                                        ResolveRequest.newBuilder()
                                                .setPath(path.toString())
                                                .build()));
        if (!answer.getFound()) {
            throw new MillraceException(
                    ErrorCode.NOT_FOUND,
                    "path "
                            + path
                            + " does not exist in the namespace: 'millrace fs ls' shows what does");
        }
        return NamespaceEntry.of(answer.getInodes(answer.getInodesCount() - 1));
    }

    /** What is known of a name without asking; null: it must be asked. */
    public @Nullable Lookup known(long parentId, String name) {
        Lookup known = names.getIfPresent(new NameKey(parentId, name));
        return known != null && known.isValid() ? known : null;
    }

    /**
     * What {@code name} in directory {@code parentId} is. Waits for metadata-service.
     *
     * @throws MillraceException NOT_FOUND when the directory does not exist; UNAVAILABLE,
     *     DEADLINE_EXCEEDED when the service is away and nothing is known of the name
     */
    public Lookup lookup(long parentId, String name, Cancellation cancellation) {
        NameKey key = new NameKey(parentId, name);
        Lookup older = names.getIfPresent(key);
        if (older != null && older.isValid()) {
            return older;
        }
        neighbours.missed(parentId);
        long generation = generation(parentId);
        long watch = watchEpoch;
        long asked = System.nanoTime();
        LookupRequest request =
                LookupRequest.newBuilder().setParentId(parentId).setName(name).build();
        try {
            LookupResponse answer =
                    metadata.call(
                            older == null
                                    ? MetadataClient.Absence.WAIT
                                    : MetadataClient.Absence.FAIL,
                            cancellation,
                            stub -> stub.lookup(request));
            Lookup lookup =
                    new Lookup(
                            answer.hasInode() ? NamespaceEntry.of(answer.getInode()) : null,
                            validUntil(asked, answer.getValidMillis()));
            return keep(key, generation, watch, lookup);
        } catch (MillraceException e) {
            if (older != null && isAway(e) && mayStillBeBelieved(older)) {
                return older.until(System.nanoTime() + OUTAGE_STEP_NANOS);
            }
            throw e;
        }
    }

    /** A page that is known without asking; null: it must be asked. */
    public @Nullable DirectoryPage knownPage(long directoryId, String afterName) {
        DirectoryPage ready = ahead.take(directoryId, afterName);
        DirectoryPage known = ready == null ? peekPage(directoryId, afterName) : ready;
        if (known != null) {
            ahead.reached(directoryId, afterName, known);
        }
        return known;
    }

    /** As {@link #knownPage}, for those who do not read the directory. */
    @Nullable DirectoryPage peekPage(long directoryId, String afterName) {
        DirectoryPage known = pages.getIfPresent(pageKey(directoryId, afterName));
        return known != null && known.isValid() ? known : null;
    }

    /**
     * The entries of directory {@code directoryId} behind {@code afterName}. Waits for
     * metadata-service.
     *
     * @param afterName empty: from the first
     */
    public DirectoryPage page(long directoryId, String afterName, Cancellation cancellation) {
        DirectoryPage page = ahead.await(directoryId, afterName, cancellation);
        if (page == null) {
            page = askPage(directoryId, afterName, cancellation);
        }
        ahead.reached(directoryId, afterName, page);
        return page;
    }

    DirectoryPage askPage(long directoryId, String afterName, Cancellation cancellation) {
        PageKey key = pageKey(directoryId, afterName);
        DirectoryPage older = pages.getIfPresent(key);
        if (older != null && older.isValid()) {
            return older;
        }
        long watch = watchEpoch;
        long asked = System.nanoTime();
        ReadDirectoryRequest request =
                ReadDirectoryRequest.newBuilder()
                        .setInodeId(directoryId)
                        .setAfterName(afterName)
                        .setLimit(PAGE_ENTRIES)
                        .build();
        try {
            ReadDirectoryResponse answer =
                    metadata.call(
                            older == null
                                    ? MetadataClient.Absence.WAIT
                                    : MetadataClient.Absence.FAIL,
                            cancellation,
                            stub -> stub.readDirectory(request));
            DirectoryPage page =
                    new DirectoryPage(
                            answer.getEntriesList().stream().map(NamespaceEntry::of).toList(),
                            answer.getMore(),
                            validUntil(asked, answer.getValidMillis()));
            ahead.learn(page);
            return keep(key, watch, page);
        } catch (MillraceException e) {
            if (older != null && isAway(e) && older.validUntilNanos() + outageNanos > asked) {
                return older.until(System.nanoTime() + OUTAGE_STEP_NANOS);
            }
            throw e;
        }
    }

    /** Forgets a name that turned out to be wrong: the next lookup asks. */
    public void forget(long parentId, String name) {
        generations.incrementAndGet(stripe(parentId));
        names.invalidate(new NameKey(parentId, name));
    }

    void invalidate(long parentId, String name) {
        forget(parentId, name);
        listeners.forEach(listener -> listener.invalidated(parentId, name));
    }

    /** Waits until every listener has applied what it was told; false: not in the time. */
    boolean awaitApplied(Duration limit) throws InterruptedException {
        List<NamespaceListener> told = List.copyOf(listeners);
        CountDownLatch applied = new CountDownLatch(told.size());
        told.forEach(listener -> listener.whenApplied(applied::countDown));
        return applied.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    void invalidateAll() {
        for (int i = 0; i < STRIPES; i++) {
            generations.incrementAndGet(i);
        }
        names.invalidateAll();
        pages.invalidateAll();
        ahead.forgetAll();
        listeners.forEach(NamespaceListener::everythingInvalidated);
    }

    /**
     * Nothing tells of changes any more. What was learnt so far, and what is learnt until {@link
     * #watchFound}, is not believed: each name is asked again, and what was known serves only while
     * the service is away.
     */
    synchronized void watchLost() {
        if ((watchEpoch & 1) == 0) {
            watchEpoch++;
        }
        long now = System.nanoTime();
        names.asMap().replaceAll((_, known) -> known.isValid() ? known.until(now) : known);
        pages.asMap().replaceAll((_, known) -> known.isValid() ? known.until(now) : known);
        ahead.forgetAll();
        listeners.forEach(NamespaceListener::everythingInvalidated);
    }

    /** Changes are told again, also those since {@link #watchLost}. */
    synchronized void watchFound() {
        if ((watchEpoch & 1) != 0) {
            watchEpoch++;
        }
    }

    /** Changes when the watch is lost or found. */
    long watchEpoch() {
        return watchEpoch;
    }

    /** Whether changes were told all the time since {@code epoch}, and still are. */
    private boolean isWatchedSince(long epoch) {
        return (epoch & 1) == 0 && epoch == watchEpoch;
    }

    private Lookup keep(NameKey key, long generation, long watch, Lookup lookup) {
        if (generation(key.parentId()) != generation) {
            return lookup.until(System.nanoTime());
        }
        names.put(key, lookup);
        if (generation(key.parentId()) != generation) {
            names.invalidate(key);
        }
        if (isWatchedSince(watch)) {
            return lookup;
        }
        Lookup doubted = lookup.until(System.nanoTime());
        var _ = names.asMap().replace(key, lookup, doubted);
        return doubted;
    }

    private DirectoryPage keep(PageKey key, long watch, DirectoryPage page) {
        if (generation(key.directoryId()) != key.generation()) {
            return page.until(System.nanoTime());
        }
        put(key, page);
        if (generation(key.directoryId()) != key.generation()) {
            pages.invalidate(key);
            page.entries()
                    .forEach(entry ->
                            names.invalidate(new NameKey(key.directoryId(), entry.name())));
            return page;
        }
        if (isWatchedSince(watch)) {
            return page;
        }
        DirectoryPage doubted = page.until(System.nanoTime());
        put(key, doubted);
        return doubted;
    }

    private void put(PageKey key, DirectoryPage page) {
        pages.put(key, page);
        for (NamespaceEntry entry : page.entries()) {
            names.put(
                    new NameKey(key.directoryId(), entry.name()),
                    new Lookup(entry, page.validUntilNanos()));
        }
    }

    private static boolean isAway(MillraceException e) {
        return e.code() == ErrorCode.UNAVAILABLE || e.code() == ErrorCode.DEADLINE_EXCEEDED;
    }

    private boolean mayStillBeBelieved(Lookup older) {
        return older.validUntilNanos() + outageNanos - System.nanoTime() > 0;
    }

    private static long validUntil(long asked, long validMillis) {
        return asked + TimeUnit.MILLISECONDS.toNanos(Math.clamp(validMillis, 0L, MAX_VALID_MILLIS));
    }

    private PageKey pageKey(long directoryId, String afterName) {
        return new PageKey(directoryId, generation(directoryId), afterName);
    }

    /** Changes with each change of the directory that is heard of. */
    long generation(long directoryId) {
        return generations.get(stripe(directoryId));
    }

    private static int stripe(long directoryId) {
        return Long.hashCode(directoryId * 0x9e3779b97f4a7c15L) & (STRIPES - 1);
    }
}
