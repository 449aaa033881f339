package io.millrace.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.model.FileSource;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Reads that somebody waits for, beside a worker that does not answer what nobody waits for. */
@Timeout(30)
class ReadPriorityTest {

    private static final int SEGMENT = 1 << 20;
    private static final int LENGTH = 16 * SEGMENT;

    private final Cancellation never = new Cancellation();
    private final byte[] content = new byte[LENGTH];
    private final FileSource source =
            new FileSource(ScriptedMetadata.MOUNT_ID, "streamed", "v", LENGTH);
    private ScriptedMetadata metadata;
    private ScriptedDataPort port;
    private MillraceClient client;

    @BeforeEach
    void start() throws Exception {
        new Random(1).nextBytes(content);
        metadata = new ScriptedMetadata();
        port = new ScriptedDataPort("one");
        port.serve(source, content);
        metadata.workers(List.of(port.worker()));
        client =
                MillraceClient.connect(
                        new ClientSettings(
                                "127.0.0.1",
                                metadata.port(),
                                "test",
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(60),
                                Duration.ofSeconds(60),
                                Duration.ofSeconds(3),
                                2,
                                10_000,
                                16L << 20,
                                0,
                                Duration.ofHours(1),
                                "this host"),
                        Duration.ofSeconds(10));
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        metadata.close();
        port.close();
    }

    private void read(FileReader reader, int offset, int bytes) {
        ByteBuffer target = ByteBuffer.allocateDirect(bytes);
        assertEquals(bytes, reader.read(target, offset, never));
        byte[] read = new byte[bytes];
        target.get(0, read);
        assertArrayEquals(Arrays.copyOfRange(content, offset, offset + bytes), read);
    }

    /** Read-ahead has one connection of this client, which its first request keeps. */
    private void streamUntilReadAheadIsHeld(FileReader reader) throws Exception {
        port.holdBehind(1, 3 * SEGMENT);
        for (int i = 0; i < 3; i++) {
            read(reader, i * SEGMENT, SEGMENT);
        }
        while (port.held.get() == 0) {
            Thread.sleep(2);
        }
    }

    @Test
    void anotherFileIsReadThoughReadAheadIsNotAnswered() throws Exception {
        FileSource other = new FileSource(ScriptedMetadata.MOUNT_ID, "other", "v", LENGTH);
        port.serve(other, content);
        try (FileReader reader = client.open(source);
                FileReader second = client.open(other)) {
            streamUntilReadAheadIsHeld(reader);
            for (int i = 0; i < 8; i++) {
                read(second, 1_000_003 * i, 100_000);
            }
        }
    }

    @Test
    void aSmallFileIsReadThoughReadAheadIsNotAnswered() throws Exception {
        FileSource small = new FileSource(ScriptedMetadata.MOUNT_ID, "small", "v", 100_000);
        port.serve(small, Arrays.copyOf(content, 100_000));
        try (FileReader reader = client.open(source);
                FileReader second = client.open(small)) {
            streamUntilReadAheadIsHeld(reader);
            read(second, 0, 100_000);
        }
    }

    @Test
    void aReaderThatComesToWhatIsPutOffAsksByItself() throws Exception {
        try (FileReader reader = client.open(source)) {
            streamUntilReadAheadIsHeld(reader);
            read(reader, 4 * SEGMENT, SEGMENT);
            read(reader, 5 * SEGMENT, SEGMENT);
        }
    }
}
