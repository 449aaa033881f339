package io.millrace.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class KeptFilesTest {

    @Test
    void halfOfTheDescriptorsAreForCacheFiles() {
        List<String> limits =
                List.of(
                        "Limit                     Soft Limit           Hard Limit           Units",
                        "Max processes             1                    2                    processes",
                        "Max open files            20000                30000                files");
        assertEquals(5_000, KeptFiles.filesOf(limits));
        assertEquals(
                1 << 20, KeptFiles.filesOf(List.of("Max open files  unlimited  unlimited  files")));
        assertEquals(256, KeptFiles.filesOf(List.of()));
    }

    @Test
    void whatIsGivenBackIsThereForOthers() {
        KeptFiles kept = new KeptFiles(1);
        assertTrue(kept.tryKeep());
        assertTrue(kept.isFull());
        assertFalse(kept.tryKeep());
        kept.release();
        assertFalse(kept.isFull());
    }
}
