package io.millrace.metadata;

import io.agroal.api.AgroalDataSource;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.metadata.changes.ChangeFeed;
import io.millrace.metadata.changes.ChangeLogStore;
import io.millrace.metadata.database.Database;
import io.millrace.metadata.mounts.Mount;
import io.millrace.metadata.mounts.MountRequest;
import io.millrace.metadata.mounts.MountTable;
import io.millrace.metadata.namespace.Inode;
import io.millrace.metadata.namespace.Namespace;
import io.millrace.metadata.namespace.Walk;
import io.millrace.model.NamespacePath;
import io.millrace.understore.UnderStore;
import io.millrace.understore.UnderStoreSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** One process of the service, without Quarkus: its own pool and memory over a shared database. */
public final class TestReplica implements AutoCloseable {

    public static final Duration MAX_AGE = Duration.ofSeconds(60);
    public static final Namespace.Limits LIMITS =
            new Namespace.Limits(
                    8,
                    4,
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(30),
                    Duration.ofMillis(200),
                    Duration.ofSeconds(1),
                    MAX_AGE,
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(60));

    private final AgroalDataSource pool;
    public final Database database;
    public final MountTable mounts;
    public final Namespace namespace;
    public final ChangeLogStore changes;
    public final ChangeFeed feed;

    /** Whether the buckets' events count as followed. */
    public volatile boolean eventsFollowed = true;

    public final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    public TestReplica(
            TestDatabase shared,
            Function<UnderStoreSettings, UnderStore> opener,
            TestClock clock,
            Namespace.Limits limits) {
        pool = shared.pool();
        database = new Database(pool);
        mounts =
                new MountTable(
                        database,
                        opener,
                        new MountTable.Limits(
                                100,
                                UnderStoreSettings.Limits.DEFAULT,
                                UnderStoreSettings.Limits.DEFAULT),
                        clock);
        namespace =
                new Namespace(
                        database,
                        mounts,
                        clock,
                        task -> Thread.ofVirtual().start(task),
                        limits,
                        () -> eventsFollowed,
                        registry);
        changes = new ChangeLogStore(database);
        feed = new ChangeFeed(changes, 1_000);
        feed.start();
    }

    public Mount mount(String path, String uri) {
        return mounts.add(
                MountRequest.parse(path, uri, "", "", false, "", "", 0, 0, false, false, MAX_AGE));
    }

    /** Mounts with freshness {@code events}. */
    public Mount mountWithEvents(String path, String uri) {
        return mount(path, uri, "events");
    }

    /** Mounts with freshness {@code immutable}. */
    public Mount mountImmutable(String path, String uri) {
        return mount(path, uri, "immutable");
    }

    private Mount mount(String path, String uri, String freshness) {
        return mounts.add(
                MountRequest.parse(
                        path, uri, "", "", false, "", freshness, 0, 0, false, false, MAX_AGE));
    }

    /** Mounts with the option object-attributes. */
    public Mount mountWithAttributes(String path, String uri) {
        return mounts.add(
                MountRequest.parse(path, uri, "", "", false, "", "", 0, 0, false, true, MAX_AGE));
    }

    public Inode inode(String path) {
        return namespace.require(NamespacePath.parse(path));
    }

    /** All entries of a directory, in pages of {@code limit}. */
    public List<Inode> entries(String path, int limit) {
        long id = inode(path).id();
        List<Inode> all = new ArrayList<>();
        Namespace.DirectoryPage page;
        do {
            page = namespace.readDirectory(id, all.isEmpty() ? "" : all.getLast().name(), limit);
            all.addAll(page.entries());
        } while (page.more());
        return all;
    }

    public List<String> names(String path) {
        return entries(path, 0).stream().map(Inode::name).toList();
    }

    /** All files of a walk, in pages of {@code limit}. */
    public List<Walk.WalkedFile> walk(String path, int limit) {
        List<Walk.WalkedFile> all = new ArrayList<>();
        String cursor = "";
        do {
            Walk.Page page = namespace.walk(NamespacePath.parse(path), cursor, limit);
            all.addAll(page.files());
            cursor = page.nextCursor();
        } while (!cursor.isEmpty());
        return all;
    }

    /** What a sync of {@code path} that began at {@code since} finds, in pages of {@code limit}. */
    public Walk.Page sync(String path, long since, int limit) {
        List<Walk.WalkedFile> all = new ArrayList<>();
        long added = 0;
        long changed = 0;
        long deleted = 0;
        String cursor = "";
        do {
            Walk.Page page = namespace.sync(NamespacePath.parse(path), cursor, limit, since);
            all.addAll(page.files());
            added += page.differences().added();
            changed += page.differences().changed();
            deleted += page.differences().deleted();
            cursor = page.nextCursor();
        } while (!cursor.isEmpty());
        return new Walk.Page(all, "", new Walk.Differences(added, changed, deleted));
    }

    public void reapAll() {
        while (namespace.reap(5_000)) {
            Thread.onSpinWait();
        }
    }

    @Override
    public void close() {
        mounts.close();
        pool.close();
    }
}
