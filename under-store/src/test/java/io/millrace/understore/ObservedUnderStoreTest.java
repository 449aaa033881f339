package io.millrace.understore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.understore.UnderStore.Depth;
import io.millrace.understore.UnderStoreListener.Verb;
import io.millrace.understore.faults.FaultyUnderStore;
import io.millrace.understore.faults.FaultyUnderStore.Faults;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ObservedUnderStoreTest {

    @TempDir Path directory;

    private final CallCounts counts = new CallCounts();

    @BeforeEach
    void putObject() throws IOException {
        Files.writeString(directory.resolve("k"), "0123456789");
    }

    private UnderStore files() {
        return UnderStores.open(
                new UnderStoreSettings(
                        directory.toUri(), "", "", true, "", UnderStoreSettings.Limits.DEFAULT));
    }

    @Test
    void callsAndBytesAreCountedByVerb() throws IOException {
        try (UnderStore store = UnderStores.observed(files(), counts)) {
            assertEquals(
                    "calls={STAT=0, LIST=0, READ=0} failures={STAT=0, LIST=0, READ=0} bytes=0",
                    counts.toString());
            String version = store.stat("k").orElseThrow().objectVersion();
            store.stat("missing");
            store.list("", Depth.ONE_LEVEL, null, 10);
            try (InputStream in = store.read("k", version, new ByteRange(2, 5))) {
                assertArrayEquals("23456".getBytes(UTF_8), in.readAllBytes());
            }
            assertEquals(2, counts.calls(Verb.STAT));
            assertEquals(1, counts.calls(Verb.LIST));
            assertEquals(1, counts.calls(Verb.READ));
            assertEquals(5, counts.bytes());
        }
    }

    @Test
    void failuresAreCountedWhereTheyShow() throws IOException {
        Faults faults =
                new Faults() {
                    @Override
                    public void before(Verb verb, String subject) {
                        if (verb == Verb.LIST) {
                            throw new MillraceException(ErrorCode.BUSY, "throttled " + subject);
                        }
                    }

                    @Override
                    public long breakAfter(String key, ByteRange range) {
                        return 3;
                    }
                };
        try (UnderStore store =
                UnderStores.observed(new FaultyUnderStore(files(), faults), counts)) {
            assertThrows(MillraceException.class, () -> store.list("", Depth.ONE_LEVEL, null, 10));
            String version = store.stat("k").orElseThrow().objectVersion();
            try (InputStream in = store.read("k", version, ByteRange.whole(10))) {
                assertThrows(IOException.class, in::readAllBytes);
            }
            assertEquals(1, counts.failures(Verb.LIST));
            assertEquals(1, counts.failures(Verb.READ));
            assertEquals(0, counts.failures(Verb.STAT));
            assertEquals(3, counts.bytes());
        }
    }
}
