package io.millrace.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileVersionTest {

    private static final FileSource SOURCE = new FileSource(7, "train/a.jpg", "\"abc\"", 110_000);

    @Test
    void theNameIsTheSameInEveryProcessAndRelease() {
        assertEquals("5db945df0876476e24d1db8d2e61fa69", SOURCE.fileVersion().toString());
    }

    @Test
    void everyFieldChangesTheName() {
        FileVersion name = SOURCE.fileVersion();

        assertNotEquals(name, new FileSource(8, "train/a.jpg", "\"abc\"", 110_000).fileVersion());
        assertNotEquals(name, new FileSource(7, "train/b.jpg", "\"abc\"", 110_000).fileVersion());
        assertNotEquals(name, new FileSource(7, "train/a.jpg", "\"abd\"", 110_000).fileVersion());
        assertNotEquals(name, new FileSource(7, "train/a.jpg", "\"abc\"", 110_001).fileVersion());
        assertNotEquals(
                new FileSource(7, "ab", "c", 1).fileVersion(),
                new FileSource(7, "a", "bc", 1).fileVersion());
    }

    @Test
    void itReadsWhatItWrote() {
        FileVersion version = new FileVersion(0x8000000000000001L, 0x00000000000000ffL);

        assertEquals("800000000000000100000000000000ff", version.toString());
        assertEquals(version, FileVersion.parse(version.toString()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "800000000000000100000000000000f",
                "800000000000000100000000000000FF",
                "../000000000000000000000000000000"
            })
    void whatIsNoFileVersionIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> FileVersion.parse(text));
    }
}
