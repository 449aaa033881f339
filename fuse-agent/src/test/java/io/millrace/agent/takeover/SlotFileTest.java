package io.millrace.agent.takeover;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The file that a killed agent leaves, against a model, copied at any moment. */
@Timeout(120)
class SlotFileTest {

    private static final int FORM = 7;
    private static final int MOST_SLOTS = 5_000;

    @TempDir Path directory;

    private record Slot(long count, byte[] content) {}

    private static Map<Long, Slot> read(Path file) {
        Map<Long, Slot> found = new HashMap<>();
        var _ =
                SlotFile.open(
                        file,
                        FORM,
                        (slot, count, content) -> found.put(slot, new Slot(count, content)));
        return found;
    }

    /** One agent's life: slots come, change and go, and {@code model} says what must be there. */
    private static final class Writer {

        private final Random random;
        private final SlotFile slots;
        private final Map<Long, Slot> model;
        private final List<Long> known;

        Writer(Path file, long seed, Map<Long, Slot> model) {
            this.random = new Random(seed);
            this.model = model;
            this.slots = SlotFile.open(file, FORM, (_, _, _) -> {});
            this.known = new ArrayList<>(model.keySet());
        }

        void step() {
            int choice = random.nextInt(10);
            if (known.isEmpty() || choice < (known.size() < MOST_SLOTS ? 4 : 2)) {
                byte[] content = new byte[random.nextInt(random.nextInt(50) == 0 ? 9000 : 300)];
                random.nextBytes(content);
                long count = 1 + random.nextInt(5);
                long slot = slots.add(count, content);
                model.put(slot, new Slot(count, content));
                known.add(slot);
                return;
            }
            int index = random.nextInt(known.size());
            long slot = known.get(index);
            if (choice < 7) {
                long count = 1 + random.nextInt(1000);
                model.computeIfPresent(slot, (_, old) -> new Slot(count, old.content()));
                slots.setCount(slot, count);
            } else {
                // Out of the model first: it holds what must be found.
                model.remove(slot);
                slots.setCount(slot, 0);
                known.set(index, known.getLast());
                known.removeLast();
            }
        }
    }

    private static void assertHolds(Map<Long, Slot> expected, Map<Long, Slot> found) {
        for (var entry : expected.entrySet()) {
            Slot slot = found.get(entry.getKey());
            assertTrue(slot != null, () -> "slot " + entry.getKey() + " is missing");
            assertEquals(entry.getValue().count(), slot.count());
            assertArrayEquals(entry.getValue().content(), slot.content());
        }
    }

    @Test
    void everySuccessorFindsWhatWasThere() throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Path file = directory.resolve("slots");
        Map<Long, Slot> model = new HashMap<>();
        for (int agent = 0; agent < 20; agent++) {
            Writer writer = new Writer(file, random.nextLong(), model);
            for (int i = random.nextInt(5000); i > 0; i--) {
                writer.step();
            }
            Map<Long, Slot> found = read(file);
            assertHolds(model, found);
            assertEquals(model.keySet(), found.keySet());
        }
    }

    @Test
    void aCopyOfAnyMomentHoldsWhatDidNotChangeMeanwhile() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Path file = directory.resolve("slots");
        Map<Long, Slot> model = new ConcurrentHashMap<>();
        Writer writer = new Writer(file, seed, model);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread writing =
                Thread.ofPlatform()
                        .uncaughtExceptionHandler((_, e) -> failure.set(e))
                        .start(() -> {
                            while (!Thread.currentThread().isInterrupted()) {
                                writer.step();
                            }
                        });
        Path copy = directory.resolve("copy");
        for (int i = 0; i < 20; i++) {
            Map<Long, Slot> before = new HashMap<>(model);
            Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
            Map<Long, Slot> unchanged = new HashMap<>();
            model.forEach((slot, now) -> {
                if (now == before.get(slot)) {
                    unchanged.put(slot, now);
                }
            });
            Map<Long, Slot> found = read(copy);
            for (var entry : unchanged.entrySet()) {
                Slot slot = found.get(entry.getKey());
                assertTrue(slot != null, () -> "slot " + entry.getKey() + " is missing");
                assertArrayEquals(entry.getValue().content(), slot.content());
            }
        }
        writing.interrupt();
        writing.join();
        assertEquals(null, failure.get());
        assertHolds(model, read(file));
    }

    @Test
    void slotsThatCameFreeAreUsedAgain() throws IOException {
        Path file = directory.resolve("slots");
        for (int agent = 0; agent < 3; agent++) {
            SlotFile slots = SlotFile.open(file, FORM, (_, _, _) -> {});
            for (int i = 0; i < 200_000; i++) {
                slots.setCount(slots.add(1, new byte[200]), 0);
            }
        }
        assertEquals(SlotFile.SEGMENT, Files.size(file));
    }

    @Test
    void aFileOfAnotherFormIsRefused() {
        Path file = directory.resolve("slots");
        var _ = SlotFile.open(file, FORM + 1, (_, _, _) -> {});
        MillraceException refused =
                assertThrows(
                        MillraceException.class, () -> SlotFile.open(file, FORM, (_, _, _) -> {}));
        assertEquals(ErrorCode.CONFLICT, refused.code());
        assertTrue(refused.getMessage().contains("is of form 8"), refused.getMessage());
    }
}
