package io.millrace.block.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cache.CacheDirectorySettings;
import io.millrace.cache.CacheSettings;
import io.millrace.cache.eviction.EvictionKind;
import io.millrace.model.ByteCount;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.WithDefault;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WorkerSettingsTest {

    @Test
    void oneCapacityIsThatOfEachDirectory() {
        CacheSettings cache =
                settings("cache-directories", "/fast,/slow", "capacity", "3GiB").cache();
        assertEquals(
                List.of(Path.of("/fast"), Path.of("/slow")),
                cache.directories().stream().map(CacheDirectorySettings::directory).toList());
        assertEquals(6L << 30, cache.capacityBytes());
    }

    @Test
    void eachDirectoryMayHaveItsOwnCapacityAndAllAreTheWeight() {
        WorkerSettings settings =
                settings("cache-directories", "/fast,/slow", "capacity", "1GiB,8GiB");
        assertEquals(
                List.of(new ByteCount(1L << 30), new ByteCount(8L << 30)),
                settings.cache().directories().stream()
                        .map(CacheDirectorySettings::capacity)
                        .toList());
        assertEquals(9L << 30, settings.weight());
    }

    @Test
    void aCapacityForEachOfOtherDirectoriesIsRefused() {
        assertRefused(
                "millrace.worker.capacity is '1GiB,2GiB': it must be one byte count for every"
                        + " directory, or as many as millrace.worker.cache-directories has: 3",
                "cache-directories",
                "/a,/b,/c",
                "capacity",
                "1GiB,2GiB");
    }

    @Test
    void aDirectoryThatIsNamedTwiceIsRefused() {
        assertRefused(
                "millrace.worker.cache-directories is '[/a, /b/../a]': it must be 1 to 16"
                        + " directories, each another one",
                "cache-directories",
                "/a,/b/../a");
    }

    @Test
    void evictionIsForEpochsUnlessAnotherPolicyIsNamed() {
        assertEquals(EvictionKind.EPOCH, settings().cache().eviction());
        assertEquals(EvictionKind.S3_FIFO, settings("eviction", "s3-fifo").cache().eviction());
        assertRefused(
                "millrace.worker.eviction is 'fifo': it must be one of lru, s3-fifo, epoch",
                "eviction",
                "fifo");
    }

    @Test
    void scrubbingCanBeTurnedOff() {
        assertEquals(new ByteCount(8L << 20), settings().cache().scrubRate());
        assertEquals(new ByteCount(0), settings("scrub-rate", "0").cache().scrubRate());
        assertRefused(
                "millrace.worker.scrub-rate is 'fast': it must be a byte count",
                "scrub-rate",
                "fast");
    }

    @Test
    void thePageOfSettingsHasThemAllWithTheirDefaults() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "configuration.md"));
        List<String> rows = new ArrayList<>();
        rows(WorkerConfig.class, "millrace.worker.", rows);
        assertTrue(rows.size() > 20, rows.toString());
        for (String row : rows) {
            assertTrue(page.contains(row), () -> "docs/configuration.md lacks " + row);
        }
    }

    private static void rows(Class<?> config, String prefix, List<String> rows) {
        for (Method setting : config.getDeclaredMethods()) {
            String name =
                    prefix
                            + setting.getName()
                                    .replaceAll("([A-Z])", "-$1")
                                    .toLowerCase(java.util.Locale.ROOT);
            WithDefault value = setting.getAnnotation(WithDefault.class);
            if (setting.getReturnType().isInterface()
                    && config.equals(setting.getReturnType().getDeclaringClass())) {
                rows(setting.getReturnType(), name + ".", rows);
            } else if (value == null || value.value().contains("$")) {
                rows.add("| `" + name + "` | ");
            } else {
                rows.add("| `" + name + "` | `" + value.value() + "` | ");
            }
        }
    }

    private static void assertRefused(String message, String... values) {
        MillraceException refused = assertThrows(MillraceException.class, () -> settings(values));
        assertEquals(ErrorCode.INVALID_ARGUMENT, refused.code());
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
    }

    private static WorkerSettings settings(String... values) {
        SmallRyeConfigBuilder builder =
                new SmallRyeConfigBuilder()
                        .addDefaultInterceptors()
                        .addDiscoveredConverters()
                        .withDefaultValue("user.home", "/home/millrace")
                        .withMapping(WorkerConfig.class);
        for (int i = 0; i < values.length; i += 2) {
            builder.withDefaultValue("millrace.worker." + values[i], values[i + 1]);
        }
        return WorkerSettings.of(builder.build().getConfigMapping(WorkerConfig.class));
    }
}
