package io.millrace.job.ledger;

import io.millrace.contracts.v1.JobControl;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** What workers are told of how jobs are to be done. */
public final class ControlsStore {

    private static final int MOST = 10_000;

    private final Database database;

    public ControlsStore(Database database) {
        this.database = database;
    }

    /**
     * @param jobs each once
     * @param workers that share a job's limits, 1 or more
     */
    public List<JobControl> of(Collection<JobId> jobs, int workers) {
        return database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            "SELECT j.* FROM jobs.job j WHERE j.id = ANY (?)")) {
                statement.setArray(
                        1,
                        connection.createArrayOf(
                                "text", jobs.stream().map(JobId::value).toArray()));
                return read(statement, workers);
            }
        });
    }

    /**
     * Of the jobs that workers have batches of, and that are not just as their batches say: those
     * that were changed, and those whose limits depend on how many workers there are.
     */
    public List<JobControl> toTell(int workers) {
        return database.transaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement(
                            """
                            SELECT j.* FROM jobs.job j
                            WHERE (j.revision > 1 OR j.bytes_per_second > 0
                                   OR j.requests_per_second > 0)
                              AND j.id IN (SELECT b.job_id FROM jobs.batch b
                                           WHERE b.published_at IS NOT NULL
                                              OR b.claimed_until > now())
                            ORDER BY j.id DESC LIMIT ?
                            """)) {
                statement.setInt(1, MOST);
                return read(statement, workers);
            }
        });
    }

    private static List<JobControl> read(PreparedStatement statement, int workers)
            throws SQLException {
        List<JobControl> controls = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                Controls of = JobStore.controls(row);
                controls.add(
                        JobControl.newBuilder()
                                .setJobId(row.getString("id"))
                                .setRevision(row.getLong("revision"))
                                .setHalted(isHalted(row.getString("state")))
                                .setBytesPerSecond(
                                        Math.ceilDiv(of.bytesPerSecond(), (long) workers))
                                .setRequestsPerSecond((double) of.requestsPerSecond() / workers)
                                .setFilesAtOnce(of.filesPerWorker())
                                .build());
            }
        }
        return controls;
    }

    private static boolean isHalted(String state) {
        return switch (JobState.Name.valueOf(state)) {
            case PLANNED, RUNNING -> false;
            case PAUSED, SUCCEEDED, PARTIAL, FAILED, CANCELLED -> true;
        };
    }
}
