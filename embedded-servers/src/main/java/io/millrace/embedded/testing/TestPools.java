package io.millrace.embedded.testing;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.exceptionsorter.PostgreSQLExceptionSorter;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import io.millrace.embedded.PostgresServer;
import java.sql.SQLException;
import java.time.Duration;

/**
 * Pools of connections to {@link TestServers#postgres}, as Quarkus makes them: to log in anew for
 * each transaction takes longer than all else.
 */
public final class TestPools {

    private TestPools() {}

    /**
     * Whoever opens one closes it.
     *
     * @param most connections at once
     * @param wait for one of them, at most
     */
    public static AgroalDataSource open(String database, int most, Duration wait) {
        PostgresServer postgres = TestServers.postgres();
        var configuration =
                new AgroalDataSourceConfigurationSupplier()
                        .connectionPoolConfiguration(pool ->
                                pool.maxSize(most)
                                        .acquisitionTimeout(wait)
                                        .exceptionSorter(new PostgreSQLExceptionSorter())
                                        .connectionFactoryConfiguration(factory ->
                                                factory.jdbcUrl(postgres.jdbcUrl(database))
                                                        .principal(
                                                                new NamePrincipal(postgres.user()))
                                                        .credential(
                                                                new SimplePassword(
                                                                        postgres.password()))));
        try {
            return AgroalDataSource.from(configuration);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
