package io.millrace.job.ledger;

import io.millrace.job.selection.Selection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The columns that say which files are meant, alike in every row that has them. */
public final class SelectionStore {

    public static final String COLUMNS =
            "include, exclude, min_bytes, max_bytes, modified_since, modified_before";

    private SelectionStore() {}

    /** Sets the parameters of {@link #COLUMNS} from {@code parameter} on; the one after them. */
    public static int set(PreparedStatement statement, int parameter, Selection selection)
            throws SQLException {
        int next = parameter;
        statement.setArray(next++, texts(statement, selection.include()));
        statement.setArray(next++, texts(statement, selection.exclude()));
        statement.setLong(next++, selection.minBytes());
        statement.setLong(next++, selection.maxBytes());
        statement.setTimestamp(next++, selection.modifiedSince().map(Timestamp::from).orElse(null));
        statement.setTimestamp(
                next++, selection.modifiedBefore().map(Timestamp::from).orElse(null));
        return next;
    }

    private static java.sql.Array texts(PreparedStatement statement, List<String> texts)
            throws SQLException {
        return statement.getConnection().createArrayOf("text", texts.toArray());
    }

    public static Selection read(ResultSet row) throws SQLException {
        return new Selection(
                texts(row, "include"),
                texts(row, "exclude"),
                row.getLong("min_bytes"),
                row.getLong("max_bytes"),
                Optional.ofNullable(row.getTimestamp("modified_since")).map(Timestamp::toInstant),
                Optional.ofNullable(row.getTimestamp("modified_before")).map(Timestamp::toInstant));
    }

    private static List<String> texts(ResultSet row, String column) throws SQLException {
        return Arrays.asList((String[]) row.getArray(column).getArray());
    }
}
