package io.millrace.embedded.testing;

import io.millrace.embedded.KafkaServer;
import io.millrace.embedded.PostgresServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Gives a {@code @QuarkusTest} a Postgres with a database {@code millrace}, and a Kafka broker:
 * {@code @QuarkusTestResource(EmbeddedTestResource.class)}.
 *
 * <p>Sets {@code quarkus.datasource.<name>.jdbc.url}, {@code username} and {@code password} for the
 * data sources named in the argument {@code datasources} (a comma-separated list; {@code
 * metadata,jobs} when not given; empty: no Postgres), and {@code kafka.bootstrap.servers} unless
 * the argument {@code kafka} is {@code false}. The servers are shared by all tests of the JVM.
 */
public final class EmbeddedTestResource implements QuarkusTestResourceLifecycleManager {

    public static final String DATABASE = "millrace";

    private List<String> datasources = List.of("metadata", "jobs");
    private boolean kafka = true;

    @Override
    public void init(Map<String, String> arguments) {
        String names = arguments.get("datasources");
        if (names != null) {
            datasources =
                    List.of(names.split(",")).stream()
                            .map(String::strip)
                            .filter(name -> !name.isEmpty())
                            .toList();
        }
        kafka = !"false".equals(arguments.get("kafka"));
    }

    @Override
    public Map<String, String> start() {
        Map<String, String> values = new HashMap<>();
        CompletableFuture<Map<String, String>> broker =
                kafka
                        ? CompletableFuture.supplyAsync(EmbeddedTestResource::kafkaValues)
                        : CompletableFuture.completedFuture(Map.of());
        if (!datasources.isEmpty()) {
            PostgresServer postgres = TestServers.postgres();
            postgres.createDatabase(DATABASE);
            for (String name : datasources) {
                String prefix = "quarkus.datasource." + name + ".";
                values.put(prefix + "jdbc.url", postgres.jdbcUrl(DATABASE));
                values.put(prefix + "username", postgres.user());
                values.put(prefix + "password", postgres.password());
            }
        }
        values.putAll(broker.join());
        return values;
    }

    private static Map<String, String> kafkaValues() {
        KafkaServer kafka = TestServers.kafka();
        return Map.of("kafka.bootstrap.servers", kafka.bootstrapServers());
    }

    /** The servers stay for the next test; they end with the JVM. */
    @Override
    public void stop() {}
}
