package io.millrace.topics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.contracts.v1.Batch;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TopicsTest {

    @Test
    void theDocumentShowsTheTableOfTheData() throws IOException {
        String document = Files.readString(Path.of("../docs/topics.md"));

        assertTrue(
                document.contains(Topics.markdown()),
                () -> "docs/topics.md should hold\n" + Topics.markdown());
    }

    @Test
    void aMessageIsReadAsItWasWritten() {
        Batch batch = Batch.newBuilder().setBatchId("b").setSlot(3).build();

        assertEquals(batch, Topics.BLOCK_BATCHES.decode(Topics.BLOCK_BATCHES.encode(batch)));
    }

    @Test
    void bytesThatAreNoMessageAreCorrupt() {
        MillraceException refused =
                assertThrows(
                        MillraceException.class,
                        () -> Topics.BLOCK_BATCHES.decode(new byte[] {(byte) 0xff}));

        assertEquals(ErrorCode.CORRUPT, refused.code());
    }

    @Test
    void anAbsentBrokerIsWaitedForNoLongerThanSaid() {
        MillraceException late =
                assertThrows(
                        MillraceException.class,
                        () ->
                                Topics.ensure(
                                        "127.0.0.1:1",
                                        64,
                                        Duration.ofMillis(300),
                                        Topics.BLOCK_BATCHES));

        assertEquals(ErrorCode.UNAVAILABLE, late.code());
    }
}
