package io.millrace.metadata.workers;

import io.millrace.metadata.changes.Change;
import io.millrace.metadata.changes.ChangeLogStore;
import io.millrace.metadata.database.Database;
import io.millrace.model.WorkerId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * SQL of workers and the ring's epoch. Leases run by Postgres' clock, so that replicas need not
 * agree on the time. The cluster row is locked by whoever changes the ring: epochs and rings match.
 */
final class WorkerStore {

    private static final String COLUMNS =
            "id, host, data_port, control_port, host_id, cache_directories, capacity_bytes,"
                    + " used_bytes, cached_files, in_flight, weight, draining, lost, registered,"
                    + " renewed";

    private final Database database;

    WorkerStore(Database database) {
        this.database = database;
    }

    /** All workers and the epoch of the ring they make. */
    record Workers(long epoch, int slots, List<WorkerRecord> workers) {}

    /** The row of a worker that registers, before it does. */
    record Before(WorkerRecord worker, long leaseLeftMillis) {}

    /** Whether a worker may take a row, and whether that changes the ring. */
    interface Admission {
        boolean changesRing(Optional<Before> before);
    }

    /** Sets the number of slots at the cluster's first start; answers what it is. */
    int fixSlots(int slots) {
        return database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "INSERT INTO metadata.cluster (slots) VALUES (?) ON CONFLICT DO"
                                    + " NOTHING")) {
                statement.setInt(1, slots);
                statement.executeUpdate();
            }
            try (PreparedStatement statement =
                    connection.prepareStatement("SELECT slots FROM metadata.cluster")) {
                return Database.first(statement, row -> row.getInt(1)).orElseThrow();
            }
        });
    }

    Workers all() {
        return database.read(WorkerStore::all);
    }

    private static Workers all(Connection connection) throws SQLException {
        // One statement, so that epoch and workers are of one moment.
        try (PreparedStatement statement =
                        connection.prepareStatement(
                                "SELECT "
                                        + COLUMNS
                                        + ", ring_epoch, slots FROM metadata.cluster LEFT JOIN"
                                        + " metadata.worker ON true ORDER BY id");
                ResultSet row = statement.executeQuery()) {
            List<WorkerRecord> workers = new ArrayList<>();
            long epoch = 0;
            int slots = 0;
            while (row.next()) {
                epoch = row.getLong("ring_epoch");
                slots = row.getInt("slots");
                if (row.getString("id") != null) {
                    workers.add(worker(row));
                }
            }
            return new Workers(epoch, slots, workers);
        }
    }

    /** Stores a worker that registers. Answers the epoch. */
    long register(WorkerRecord worker, Duration lease, Admission admission) {
        return database.transaction(connection -> {
            long epoch = lockCluster(connection);
            boolean changes = admission.changesRing(before(connection, worker.id()));
            upsert(connection, worker, lease);
            return changes ? nextEpoch(connection) : epoch;
        });
    }

    /** Empty: it is not registered, or lost. Else the epoch. */
    Optional<Long> renew(WorkerId id, WorkerRecord.Load load, Duration lease) {
        return database.read(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            UPDATE metadata.worker
                            SET renewed = clock_timestamp(), lease_until =
                                    clock_timestamp() + ? * interval '1 millisecond',
                                capacity_bytes = ?, used_bytes = ?, cached_files = ?, in_flight = ?
                            WHERE id = ? AND NOT lost
                            RETURNING (SELECT ring_epoch FROM metadata.cluster)
                            """)) {
                statement.setLong(1, lease.toMillis());
                statement.setLong(2, load.capacityBytes());
                statement.setLong(3, load.usedBytes());
                statement.setLong(4, load.cachedFiles());
                statement.setInt(5, load.inFlight());
                statement.setString(6, id.value());
                return Database.first(statement, row -> row.getLong(1));
            }
        });
    }

    /** Forgets a worker; of a live one that drains the row stays, as that of a lost one. */
    void deregister(WorkerId id) {
        database.transaction(connection -> {
            lockCluster(connection);
            Optional<Before> before = before(connection, id);
            if (before.isEmpty()) {
                return false;
            }
            WorkerRecord.State state = before.get().worker().state();
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            state == WorkerRecord.State.DRAINING
                                    ? "UPDATE metadata.worker SET lost = true WHERE id = ?"
                                    : "DELETE FROM metadata.worker WHERE id = ?")) {
                statement.setString(1, id.value());
                statement.executeUpdate();
            }
            if (state != WorkerRecord.State.LOST) {
                nextEpoch(connection);
            }
            return true;
        });
    }

    /**
     * Answers the worker as it is then; empty: it is not known.
     *
     * @param check is told all workers first, and throws if it must not be
     */
    Optional<WorkerRecord> setDraining(
            WorkerId id, boolean draining, Consumer<List<WorkerRecord>> check) {
        return database.transaction(connection -> {
            lockCluster(connection);
            check.accept(all(connection).workers());
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "UPDATE metadata.worker SET draining = ? WHERE id = ? AND"
                                    + " draining <> ?")) {
                statement.setBoolean(1, draining);
                statement.setString(2, id.value());
                statement.setBoolean(3, draining);
                if (statement.executeUpdate() == 1) {
                    nextEpoch(connection);
                }
            }
            return before(connection, id).map(Before::worker);
        });
    }

    /** Takes workers whose lease has run out from the ring; answers which. */
    List<WorkerId> expire() {
        boolean due =
                database.read(connection -> {
                    try (PreparedStatement statement =
                            connection.prepareStatement(
                                    "SELECT 1 FROM metadata.worker WHERE NOT lost AND"
                                            + " lease_until < clock_timestamp() LIMIT 1")) {
                        return Database.first(statement, row -> row.getInt(1)).isPresent();
                    }
                });
        return due ? expireNow() : List.of();
    }

    private List<WorkerId> expireNow() {
        return database.transaction(connection -> {
            lockCluster(connection);
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            UPDATE metadata.worker SET lost = true
                            WHERE NOT lost AND lease_until < clock_timestamp()
                            RETURNING id
                            """)) {
                List<WorkerId> lost =
                        Database.list(statement, row -> new WorkerId(row.getString(1)));
                if (!lost.isEmpty()) {
                    nextEpoch(connection);
                }
                return lost;
            }
        });
    }

    private static long lockCluster(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT ring_epoch FROM metadata.cluster FOR UPDATE")) {
            return Database.first(statement, row -> row.getLong(1)).orElseThrow();
        }
    }

    private static long nextEpoch(Connection connection) throws SQLException {
        long epoch;
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "UPDATE metadata.cluster SET ring_epoch = ring_epoch + 1 RETURNING"
                                + " ring_epoch")) {
            epoch = Database.first(statement, row -> row.getLong(1)).orElseThrow();
        }
        ChangeLogStore.append(connection, List.of(new Change.Ring()));
        return epoch;
    }

    private static Optional<Before> before(Connection connection, WorkerId id) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        "SELECT "
                                + COLUMNS
                                + ", (extract(epoch FROM lease_until - clock_timestamp())"
                                + " * 1000)::bigint AS left_millis"
                                + " FROM metadata.worker WHERE id = ?")) {
            statement.setString(1, id.value());
            return Database.first(
                    statement, row -> new Before(worker(row), row.getLong("left_millis")));
        }
    }

    private static void upsert(Connection connection, WorkerRecord worker, Duration lease)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        INSERT INTO metadata.worker (id, host, data_port, control_port, host_id,
                            cache_directories, capacity_bytes, used_bytes, cached_files, in_flight,
                            weight, registered, renewed, lease_until)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, clock_timestamp(), clock_timestamp(),
                            clock_timestamp() + ? * interval '1 millisecond')
                        ON CONFLICT (id) DO UPDATE SET host = excluded.host,
                            data_port = excluded.data_port, control_port = excluded.control_port,
                            host_id = excluded.host_id,
                            cache_directories = excluded.cache_directories,
                            capacity_bytes = excluded.capacity_bytes,
                            used_bytes = excluded.used_bytes,
                            cached_files = excluded.cached_files,
                            in_flight = excluded.in_flight, weight = excluded.weight,
                            lost = false, registered = excluded.registered,
                            renewed = excluded.renewed, lease_until = excluded.lease_until
                        """)) {
            statement.setString(1, worker.id().value());
            statement.setString(2, worker.address().host());
            statement.setInt(3, worker.address().dataPort());
            statement.setInt(4, worker.address().controlPort());
            statement.setString(5, worker.hostId());
            statement.setArray(
                    6, connection.createArrayOf("text", worker.cacheDirectories().toArray()));
            statement.setLong(7, worker.load().capacityBytes());
            statement.setLong(8, worker.load().usedBytes());
            statement.setLong(9, worker.load().cachedFiles());
            statement.setInt(10, worker.load().inFlight());
            statement.setLong(11, worker.weight());
            statement.setLong(12, lease.toMillis());
            statement.executeUpdate();
        }
    }

    private static WorkerRecord worker(ResultSet row) throws SQLException {
        WorkerRecord.State state =
                row.getBoolean("lost")
                        ? WorkerRecord.State.LOST
                        : row.getBoolean("draining")
                                ? WorkerRecord.State.DRAINING
                                : WorkerRecord.State.LIVE;
        return new WorkerRecord(
                new WorkerId(row.getString("id")),
                new WorkerRecord.Address(
                        row.getString("host"), row.getInt("data_port"), row.getInt("control_port")),
                row.getString("host_id"),
                List.of((String[]) row.getArray("cache_directories").getArray()),
                new WorkerRecord.Load(
                        row.getLong("capacity_bytes"),
                        row.getLong("used_bytes"),
                        row.getLong("cached_files"),
                        row.getInt("in_flight")),
                row.getLong("weight"),
                state,
                millis(row.getTimestamp("registered")),
                millis(row.getTimestamp("renewed")));
    }

    private static long millis(Timestamp timestamp) {
        return timestamp.getTime();
    }
}
