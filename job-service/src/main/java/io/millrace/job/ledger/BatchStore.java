package io.millrace.job.ledger;

import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.contracts.v1.Batch;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The SQL of open batches that planning, sending and applying share. Who writes to a job's batches
 * holds the job's row first: so two never wait for one another.
 */
public final class BatchStore {

    private BatchStore() {}

    /** What is known of a job whose row is held. */
    public record HeldJob(JobKind kind, JobState state, Counts counts) {
        public boolean open() {
            return state instanceof JobState.Open;
        }
    }

    /** Holds the job's row to the end of the transaction. Empty: there is no such job any more. */
    public static Optional<HeldJob> hold(Connection connection, JobId id) throws SQLException {
        JobStore.lock(connection, id);
        return JobStore.find(connection, id)
                .map(job -> new HeldJob(job.kind(), job.state(), job.counts()));
    }

    /** Stores batches of a job, whose row this holds from here on. */
    public static void insert(
            Connection connection, JobId job, JobKind kind, List<NewBatch> batches)
            throws SQLException {
        if (batches.isEmpty()) {
            return;
        }
        long number = firstNumber(connection, job, batches.size());
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        INSERT INTO jobs.batch (id, job_id, worker_id, slot, moves, items, files,
                                                bytes, block_bytes, payload, due_at, tries,
                                                owner_rank)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, now() + ? * interval '1 millisecond',
                                ?, ?)
                        """)) {
            for (NewBatch batch : batches) {
                Batch message = message(job, kind, number, batch);
                number++;
                statement.setString(1, message.getBatchId());
                statement.setString(2, job.value());
                if (batch.target().isPresent()) {
                    statement.setString(3, batch.target().get().worker().value());
                    statement.setInt(4, batch.target().get().slot());
                } else {
                    statement.setNull(3, Types.VARCHAR);
                    statement.setNull(4, Types.INTEGER);
                }
                statement.setInt(5, batch.course().moves());
                statement.setInt(6, batch.items().size());
                statement.setLong(7, batch.tally().files());
                statement.setLong(8, batch.tally().bytes());
                statement.setLong(9, batch.blockBytes());
                statement.setBytes(10, message.toByteArray());
                statement.setLong(11, batch.delay().toMillis());
                statement.setInt(12, batch.course().tries());
                statement.setInt(13, batch.course().ownerRank());
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    private static Batch message(JobId job, JobKind kind, long number, NewBatch batch) {
        Batch.Builder message =
                Batch.newBuilder()
                        .setBatchId(job + "-" + number)
                        .setJobId(job.value())
                        .setKind(kind.batchKind())
                        .setOwnerRank(batch.course().ownerRank())
                        .addAllItems(batch.items());
        batch.target()
                .ifPresent(
                        target -> message.setSlot(target.slot()).setRingEpoch(target.ringEpoch()));
        return message.build();
    }

    private static long firstNumber(Connection connection, JobId job, int count)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        UPDATE jobs.job SET batches = batches + ? WHERE id = ?
                        RETURNING batches
                        """)) {
            statement.setInt(1, count);
            statement.setString(2, job.value());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1) - count + 1;
            }
        }
    }

    /** The batch as it is; empty: its result has been applied, or its job was ended. */
    public static Optional<OpenBatch> find(Connection connection, String id) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT * FROM jobs.batch WHERE id = ?")) {
            statement.setString(1, id);
            return read(statement).stream().findFirst();
        }
    }

    /** All open batches of a job: bounded by back-pressure. */
    public static List<OpenBatch> ofJob(Connection connection, JobId job) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT * FROM jobs.batch WHERE job_id = ?")) {
            statement.setString(1, job.value());
            return read(statement);
        }
    }

    public static void delete(Connection connection, String id) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("DELETE FROM jobs.batch WHERE id = ?")) {
            statement.setString(1, id);
            statement.executeUpdate();
        }
    }

    /** Reads rows of {@code jobs.batch}, all columns. */
    public static List<OpenBatch> read(PreparedStatement query) throws SQLException {
        List<OpenBatch> batches = new ArrayList<>();
        try (ResultSet rows = query.executeQuery()) {
            while (rows.next()) {
                batches.add(batch(rows));
            }
        }
        return batches;
    }

    private static OpenBatch batch(ResultSet row) throws SQLException {
        String worker = row.getString("worker_id");
        return new OpenBatch(
                row.getString("id"),
                new JobId(row.getString("job_id")),
                row.getInt("attempt"),
                worker == null ? "" : worker,
                new Course(row.getInt("moves"), row.getInt("tries"), row.getInt("owner_rank")),
                new Tally(row.getLong("files"), row.getLong("bytes")),
                row.getLong("block_bytes"),
                payload(row));
    }

    private static Batch payload(ResultSet row) throws SQLException {
        try {
            return Batch.parseFrom(row.getBytes("payload"));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(
                    "batch " + row.getString("id") + " in the database cannot be read", e);
        }
    }
}
