package io.millrace.metadata.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.WithDefault;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The settings, their bounds, and the page that lists them. */
class SettingsTest {

    private static MetadataSettings settings(Map<String, String> values) {
        return new SmallRyeConfigBuilder()
                .withConverter(
                        Duration.class,
                        200,
                        new io.quarkus.runtime.configuration.DurationConverter())
                .withMapping(MetadataSettings.class)
                .withDefaultValues(values)
                .build()
                .getConfigMapping(MetadataSettings.class);
    }

    @Test
    void theDefaultsAreInBounds() {
        SettingsCheck.check(settings(Map.of()));
        assertEquals(Duration.ofSeconds(4), settings(Map.of()).workerLease());
    }

    @ParameterizedTest
    @CsvSource({
        "slots, 0",
        "slots, 65537",
        "worker-lease, 1ms",
        "max-age, 0s",
        "mounts.most, 0",
        "policies.most, 0",
        "policies.most, 50001",
        "listing.concurrent, 0",
        "listing.attribute-reads, 0",
        "watch.heartbeat, 6s",
        "watch.poll, 1ms",
        "change-log.most, 1"
    })
    void aValueOutOfBoundsIsRefusedByName(String name, String value) {
        String property = "millrace.metadata." + name;
        MillraceException refused =
                assertThrows(
                        MillraceException.class,
                        () -> SettingsCheck.check(settings(Map.of(property, value))));
        assertEquals(ErrorCode.INVALID_ARGUMENT, refused.code());
        assertTrue(refused.getMessage().contains(property), refused.getMessage());
    }

    @Test
    void thePageListsEverySettingWithItsDefault() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "configuration.md"));
        List<String> missing = new ArrayList<>();
        collect("millrace.metadata.", MetadataSettings.class, page, missing);
        assertEquals(List.of(), missing);
    }

    private static void collect(String prefix, Class<?> group, String page, List<String> missing) {
        for (Method method : group.getMethods()) {
            String name =
                    prefix
                            + method.getName()
                                    .replaceAll("([A-Z])", "-$1")
                                    .toLowerCase(java.util.Locale.ROOT);
            if (method.getReturnType().getEnclosingClass() == MetadataSettings.class) {
                collect(name + ".", method.getReturnType(), page, missing);
                continue;
            }
            WithDefault value = method.getAnnotation(WithDefault.class);
            String row = "| `" + name + "` | " + (value == null ? "" : value.value()) + " |";
            if (!page.contains(row)) {
                missing.add(row);
            }
        }
    }
}
