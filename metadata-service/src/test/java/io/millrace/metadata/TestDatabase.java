package io.millrace.metadata;

import io.agroal.api.AgroalDataSource;
import io.millrace.embedded.PostgresServer;
import io.millrace.embedded.testing.TestPools;
import io.millrace.embedded.testing.TestServers;
import io.millrace.metadata.database.Database;
import java.time.Duration;
import java.util.UUID;
import org.flywaydb.core.Flyway;

/** A database of its own on the shared Postgres, migrated; any number of pools may be opened. */
public final class TestDatabase {

    private static final int CONNECTIONS = 8;

    private final String name =
            "metadata_" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);

    public TestDatabase() {
        PostgresServer postgres = TestServers.postgres();
        postgres.createDatabase(name);
        Flyway.configure()
                .dataSource(postgres.jdbcUrl(name), postgres.user(), postgres.password())
                .schemas("metadata")
                .defaultSchema("metadata")
                .locations("db/metadata")
                .load()
                .migrate();
    }

    /** One replica's connections. */
    public AgroalDataSource pool() {
        return TestPools.open(name, CONNECTIONS, Duration.ofSeconds(10));
    }

    /** One number from a query. */
    public static long number(Database database, String sql) {
        return database.read(connection -> {
            try (var statement = connection.prepareStatement(sql)) {
                return Database.first(statement, row -> row.getLong(1)).orElseThrow();
            }
        });
    }
}
