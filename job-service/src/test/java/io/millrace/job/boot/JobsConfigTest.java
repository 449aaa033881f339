package io.millrace.job.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.job.engine.EngineSettings;
import io.millrace.model.MillraceException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.WithDefault;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JobsConfigTest {

    private static EngineSettings settings(Map<String, String> values) {
        JobsConfig config =
                new SmallRyeConfigBuilder()
                        .withMapping(JobsConfig.class)
                        .addDiscoveredConverters()
                        .withConverter(
                                Duration.class,
                                1000,
                                new io.quarkus.runtime.configuration.DurationConverter())
                        .withSources(new PropertiesConfigSource(values, "test", 100))
                        .build()
                        .getConfigMapping(JobsConfig.class);
        return CheckedSettings.of(config, Map.of());
    }

    @Test
    void theDefaultsAreWithinTheirBounds() {
        EngineSettings settings = settings(Map.of());

        assertEquals(256, settings.plan().limits().files());
        assertEquals(Duration.ofDays(90), settings.historyAge());
    }

    @Test
    void aSettingOutOfBoundsIsNamed() {
        refused("millrace.jobs.batch-files", "0");
        refused("millrace.jobs.batch-bytes", "1KiB");
        refused("millrace.jobs.batch-bytes", "many");
        refused("millrace.jobs.metadata-service", "nowhere");
        refused("millrace.jobs.planner-lease", "10ms");
        refused("millrace.jobs.history-age", "1s");
    }

    private static void refused(String name, String value) {
        MillraceException refused =
                assertThrows(MillraceException.class, () -> settings(Map.of(name, value)));
        assertTrue(refused.getMessage().startsWith("setting " + name + ": "), refused.getMessage());
    }

    @Test
    void theDocumentListsEverySettingWithItsDefault() throws IOException {
        String document = Files.readString(Path.of("../docs/configuration.md"));

        requireRows(document, "millrace.jobs.", JobsConfig.class);
    }

    /** A group of settings is an interface without a default of its own. */
    private static void requireRows(String document, String prefix, Class<?> settings) {
        for (Method method : settings.getDeclaredMethods()) {
            String name =
                    prefix
                            + method.getName()
                                    .replaceAll("([A-Z])", "-$1")
                                    .toLowerCase(java.util.Locale.ROOT);
            WithDefault standard = method.getAnnotation(WithDefault.class);
            if (standard == null) {
                requireRows(document, name + ".", method.getReturnType());
            } else {
                String row = "| `%s` | `%s` |".formatted(name, standard.value());
                assertTrue(document.contains(row), () -> "docs/configuration.md lacks " + row);
            }
        }
    }
}
