package io.millrace.metadata;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import io.millrace.embedded.PostgresServer;
import io.millrace.embedded.testing.TestServers;
import io.millrace.metadata.database.Database;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import org.flywaydb.core.Flyway;

/** A database of its own on the shared Postgres, migrated; any number of pools may be opened. */
public final class TestDatabase {

    private final String url;
    private final PostgresServer postgres = TestServers.postgres();

    public TestDatabase() {
        String name = "metadata_" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
        postgres.createDatabase(name);
        url = postgres.jdbcUrl(name);
        Flyway.configure()
                .dataSource(url, postgres.user(), postgres.password())
                .schemas("metadata")
                .defaultSchema("metadata")
                .locations("db/metadata")
                .load()
                .migrate();
    }

    /** One replica's connections. */
    public AgroalDataSource pool() {
        try {
            return AgroalDataSource.from(
                    new AgroalDataSourceConfigurationSupplier()
                            .connectionPoolConfiguration(pool ->
                                    pool.maxSize(8)
                                            .acquisitionTimeout(Duration.ofSeconds(10))
                                            .connectionFactoryConfiguration(factory ->
                                                    factory.jdbcUrl(url)
                                                            .principal(
                                                                    new NamePrincipal(
                                                                            postgres.user()))
                                                            .credential(
                                                                    new SimplePassword(
                                                                            postgres
                                                                                    .password())))));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
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
