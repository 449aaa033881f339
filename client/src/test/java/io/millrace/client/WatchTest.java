package io.millrace.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.millrace.model.FileSource;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is believed while nothing tells of changes. */
@Timeout(90)
class WatchTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Cancellation never = new Cancellation();
    private final AtomicInteger told = new AtomicInteger();
    private ScriptedMetadata metadata;
    private MillraceClient client;

    @BeforeEach
    void start() throws Exception {
        metadata = new ScriptedMetadata();
        client =
                MillraceClient.connect(
                        ClientSettings.of("127.0.0.1", metadata.port(), "test"), PATIENCE);
        client.namespace()
                .addListener(
                        new NamespaceListener() {
                            @Override
                            public void invalidated(long parentId, String name) {}

                            @Override
                            public void everythingInvalidated() {
                                told.incrementAndGet();
                            }
                        });
        file("a", 10);
        assertEquals(10, length("a"));
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        metadata.close();
    }

    private void file(String name, long length) {
        metadata.file(
                ScriptedMetadata.ROOT,
                name,
                new FileSource(ScriptedMetadata.MOUNT_ID, name, "\"" + length + "\"", length));
    }

    private long length(String name) {
        NamespaceEntry entry =
                client.namespace().lookup(ScriptedMetadata.ROOT, name, never).entry();
        return entry == null ? -1 : entry.file().length();
    }

    private boolean isBelieved() {
        return client.namespace().known(ScriptedMetadata.ROOT, "a") != null;
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                fail("did not come true: " + what);
            }
            Thread.sleep(5);
        }
    }

    @Test
    void whatWasKnownBridgesAnOutageAndIsAskedAgainAfterIt() throws Exception {
        metadata.stop();
        await("it is no longer believed", () -> !isBelieved());
        await("listeners are told", () -> told.get() > 0);
        assertEquals(10, length("a"), "it serves while nobody can be asked");
        file("a", 20);
        metadata.restart();
        await("the new version is seen", () -> length("a") == 20);
    }

    @Test
    void aStreamThatFallsSilentIsNotTrusted() throws Exception {
        metadata.silent = true;
        file("a", 20);
        metadata.invalidate(ScriptedMetadata.ROOT, "a");
        assertEquals(10, length("a"), "nothing has told of the change yet");
        await("it is no longer believed", () -> !isBelieved());
        await("listeners are told", () -> told.get() > 0);
        assertEquals(20, length("a"));
    }

    @Test
    void whatIsLearntWhileTheStreamIsLostIsAskedAgain() throws Exception {
        metadata.silent = true;
        await("listeners are told", () -> told.get() > 0);
        file("b", 10);
        assertEquals(10, length("b"));
        assertEquals(1, page().entries().stream().filter(e -> e.name().equals("b")).count());
        file("b", 20);
        file("c", 10);
        assertEquals(20, length("b"));
        assertEquals(3, page().entries().size());
        metadata.silent = false;
        await(
                "it is believed again",
                () -> {
                    length("b");
                    return client.namespace().known(ScriptedMetadata.ROOT, "b") != null;
                });
    }

    private DirectoryPage page() {
        return client.namespace().page(ScriptedMetadata.ROOT, "", never);
    }

    @Test
    void anAnswerThatIsOnItsWayWhenTheStreamIsLostIsAskedAgain() throws Exception {
        file("b", 10);
        int asked = metadata.lookups.get();
        metadata.held = new CountDownLatch(1);
        Thread reader = Thread.ofVirtual().start(() -> length("b"));
        await("it is asked", () -> metadata.lookups.get() > asked);
        client.namespace().watchLost();
        client.namespace().watchFound();
        file("b", 20);
        metadata.held.countDown();
        reader.join();
        assertEquals(20, length("b"));
    }
}
