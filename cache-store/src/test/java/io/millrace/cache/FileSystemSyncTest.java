package io.millrace.cache;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(value = OS.LINUX, disabledReason = "syncfs is a call of Linux")
class FileSystemSyncTest {

    @TempDir Path directory;

    @Test
    void aFileSystemIsSyncedAndOnceClosedNoMore() throws IOException {
        Files.writeString(directory.resolve("new"), "bytes");
        FileSystemSync sync = FileSystemSync.of(directory);
        assertTrue(sync.sync());
        assertTrue(sync.sync());
        sync.close();
        assertFalse(sync.sync());
        sync.close();
    }

    @Test
    void aDirectoryThatCannotBeOpenedIsNeverSynced() {
        try (FileSystemSync sync = FileSystemSync.of(directory.resolve("away"))) {
            assertFalse(sync.sync());
        }
    }
}
