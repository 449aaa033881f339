package io.millrace.metadata.events;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Messages that were damaged on the way: {@code -Dmillrace.fuzz.messages=1000000} for more of them,
 * {@code -Dmillrace.seed} for others.
 *
 * <p>The bytes of bucket and key stay as they are, so that whatever is read must name one of the
 * keys of the message: any other is made up.
 */
class NotificationFuzzTest {

    private static final int MESSAGES = Integer.getInteger("millrace.fuzz.messages", 60_000);
    private static final long SEED = Long.getLong("millrace.seed", 20260301);
    private static final List<byte[]> NAMES =
            List.of(
                    "training".getBytes(StandardCharsets.UTF_8),
                    "images".getBytes(StandardCharsets.UTF_8));

    /** Longest part of a message that names a key, from its beginning {@code images}, in bytes. */
    private static final int KEY_BYTES = 28;

    /** Of all messages. */
    private static final Set<String> KEYS =
            Set.of("training/images/a b+cé.jpg", "training/images/second");

    private static final byte[][] PIECES =
            List.of(
                            "{",
                            "}",
                            "[",
                            "]",
                            "\"",
                            "\\",
                            ",",
                            ":",
                            "null",
                            "true",
                            "1e999",
                            "\\u0000",
                            "{\"Records\":[",
                            "\"s3\":{}",
                            "%2F",
                            "+",
                            "\u0000",
                            "-0",
                            "\"Body\":")
                    .stream()
                    .map(piece -> piece.getBytes(StandardCharsets.UTF_8))
                    .toArray(byte[][]::new);

    private record Original(byte[] message, boolean[] fixed) {}

    @Test
    void aDamagedMessageIsReadRightOrNotAtAll() throws IOException {
        List<Original> originals = new ArrayList<>();
        for (String name : NotificationTest.names()) {
            if (!name.startsWith("dead-")) {
                originals.add(original(NotificationTest.file(name)));
            }
        }
        Random random = new Random(SEED);
        int dead = 0;
        int whole = 0;
        for (int i = 0; i < MESSAGES; i++) {
            Original original = originals.get(random.nextInt(originals.size()));
            byte[] damaged = original.message();
            boolean[] fixed = original.fixed();
            for (int times = 1 + random.nextInt(3); times > 0; times--) {
                int at = random.nextInt(damaged.length);
                int length = 1 + random.nextInt(random.nextInt(8) == 0 ? 200 : 4);
                int end = Math.min(damaged.length, at + length);
                Damage done = damage(damaged, fixed, at, end, random);
                damaged = done.message();
                fixed = done.fixed();
            }
            Notification read = Notification.parse(damaged);
            int number = i;
            byte[] shown = damaged;
            for (BucketChange change : read.changes()) {
                assertTrue(
                        KEYS.contains(change.bucket() + "/" + change.key()),
                        () ->
                                "seed "
                                        + SEED
                                        + ", message "
                                        + number
                                        + ": made up "
                                        + change
                                        + " of "
                                        + new String(shown, StandardCharsets.UTF_8));
            }
            if (read.problems().isEmpty()) {
                whole++;
            } else {
                dead++;
            }
        }
        System.out.printf("%d damaged messages: %d dead, %d read%n", MESSAGES, dead, whole);
        assertEquals(MESSAGES, dead + whole);
        assertTrue(dead > MESSAGES / 10, "the damage does nothing");
        assertTrue(whole > MESSAGES / 100, "the damage spares nothing");
    }

    private static Original original(byte[] message) {
        boolean[] fixed = new boolean[message.length];
        for (byte[] name : NAMES) {
            for (int i = 0; i + name.length <= message.length; i++) {
                if (java.util.Arrays.equals(message, i, i + name.length, name, 0, name.length)) {
                    int end = name[0] == 'i' ? i + KEY_BYTES : i + name.length + 1;
                    // With the quotes: an escape put before one would belong to the name.
                    java.util.Arrays.fill(
                            fixed, Math.max(0, i - 4), Math.min(message.length, end + 4), true);
                }
            }
        }
        return new Original(message, fixed);
    }

    private record Damage(byte[] message, boolean[] fixed) {}

    private static Damage damage(byte[] message, boolean[] fixed, int at, int end, Random random) {
        for (int i = at; i < end; i++) {
            if (fixed[i]) {
                return new Damage(message, fixed);
            }
        }
        ByteArrayOutputStream result = new ByteArrayOutputStream();
        result.write(message, 0, at);
        switch (random.nextInt(5)) {
            case 0 -> {
                byte[] changed = java.util.Arrays.copyOfRange(message, at, end);
                changed[random.nextInt(changed.length)] ^= (byte) (1 << random.nextInt(8));
                result.writeBytes(changed);
            }
            case 1 -> {}
            case 2 -> {
                result.write(message, at, end - at);
                result.write(message, at, end - at);
            }
            case 3 -> {
                result.writeBytes(PIECES[random.nextInt(PIECES.length)]);
                result.write(message, at, end - at);
            }
            default -> {
                if (random.nextInt(10) == 0) {
                    byte[] cut = result.toByteArray();
                    return cut.length == 0
                            ? new Damage(message, fixed)
                            : new Damage(cut, java.util.Arrays.copyOf(fixed, cut.length));
                }
                result.writeBytes(PIECES[random.nextInt(PIECES.length)]);
            }
        }
        int inserted = result.size() - at;
        result.write(message, end, message.length - end);
        byte[] damaged = result.toByteArray();
        boolean[] moved = new boolean[damaged.length];
        System.arraycopy(fixed, 0, moved, 0, at);
        System.arraycopy(fixed, end, moved, at + inserted, message.length - end);
        return damaged.length == 0 ? new Damage(message, fixed) : new Damage(damaged, moved);
    }
}
