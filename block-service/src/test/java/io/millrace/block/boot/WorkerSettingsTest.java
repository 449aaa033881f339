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
import java.nio.file.Path;
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
