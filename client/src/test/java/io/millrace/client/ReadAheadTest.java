package io.millrace.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is fetched ahead of reads of several kinds, and that it is the right bytes. */
@Timeout(60)
class ReadAheadTest {

    private static final long LENGTH = (1L << 30) + 12_345;
    private static final int MIB = 1 << 20;

    private final AtomicLong fetched = new AtomicLong();
    private final AtomicInteger fetches = new AtomicInteger();
    private final Cancellation never = new Cancellation();
    private final ReadAhead.Budget budget = new ReadAhead.Budget(32L << 20);
    private Random random;
    private int helped;

    @BeforeEach
    void seed() {
        long seed = Long.getLong("millrace.test.seed", System.nanoTime());
        System.out.println("ReadAheadTest: -Dmillrace.test.seed=" + seed);
        random = new Random(seed);
    }

    private ReadAhead readAhead() {
        return new ReadAhead(LENGTH, budget, this::fetch);
    }

    private void fetch(ByteBuffer target, long offset, Urgency urgency, Cancellation cancellation) {
        fetches.incrementAndGet();
        fetched.addAndGet(target.remaining());
        for (long at = offset; target.hasRemaining(); at++) {
            target.put(byteAt(at));
        }
    }

    private static byte byteAt(long offset) {
        return (byte) (offset * 0x9e3779b97f4a7c15L >>> 56);
    }

    private void read(ReadAhead readAhead, long offset, int bytes) {
        int wanted = (int) Math.min(bytes, LENGTH - offset);
        ReadAhead.Loan loan = readAhead.lendIfHere(offset, wanted);
        if (loan == null) {
            loan = readAhead.lend(offset, wanted, never);
        }
        if (loan == null) {
            return;
        }
        helped++;
        long at = offset;
        for (ByteBuffer part : loan.parts()) {
            while (part.hasRemaining()) {
                assertEquals(byteAt(at++), part.get());
            }
        }
        assertEquals(offset + wanted, at);
        loan.release().run();
    }

    @Test
    void readsOneDistanceApartFindTheirBytesAndLittleElseIsFetched() {
        for (int round = 0; round < 10; round++) {
            fetched.set(0);
            helped = 0;
            int bytes = 1 + random.nextInt(3 * MIB / 2);
            long stride = bytes + MIB + random.nextInt(4 * MIB);
            int reads = 0;
            try (ReadAhead readAhead = readAhead()) {
                for (long at = random.nextInt(MIB); at + bytes < LENGTH; at += stride) {
                    read(readAhead, at, bytes);
                    reads++;
                }
            }
            assertTrue(helped >= reads - 4, helped + " of " + reads + " of " + bytes);
            assertTrue(
                    fetched.get() <= (long) reads * bytes,
                    fetched.get() + " for " + reads + " of " + bytes);
        }
    }

    @Test
    void nothingIsFetchedAheadOfRandomReads() {
        try (ReadAhead readAhead = readAhead()) {
            for (int i = 0; i < 20_000; i++) {
                // Two that are near each other are no stream yet.
                read(readAhead, 5L * MIB * (1 + random.nextInt(200)), 4096);
            }
        }
        assertTrue(fetched.get() <= 20_000L * 4096 / 10, fetched.get() + " bytes");
    }

    @Test
    void aStreamAfterStridesAndStridesAfterAStreamAreHelped() {
        try (ReadAhead readAhead = readAhead()) {
            for (int i = 0; i < 20; i++) {
                read(readAhead, 8L * MIB * i, 100_000);
            }
            assertTrue(helped >= 16, helped + " of 20");
            helped = 0;
            long start = 500L * MIB;
            for (int i = 0; i < 40; i++) {
                read(readAhead, start + 131_072L * i, 131_072);
            }
            assertTrue(helped >= 30, helped + " of 40");
            helped = 0;
            for (int i = 0; i < 20; i++) {
                read(readAhead, 600L * MIB + 8L * MIB * i, 100_000);
            }
            assertTrue(helped >= 16, helped + " of 20");
        }
    }

    @Test
    void allMemoryIsGivenBack() {
        for (int file = 0; file < 20; file++) {
            try (ReadAhead readAhead = readAhead()) {
                long stride = random.nextInt(3) * 2L * MIB + MIB;
                for (int i = 0; i < 100; i++) {
                    read(readAhead, stride * i, MIB / 2);
                }
            }
        }
        fetches.set(0);
        try (ReadAhead readAhead = readAhead()) {
            for (int i = 0; i < 100; i++) {
                read(readAhead, (long) MIB * i, MIB);
            }
        }
        assertTrue(fetches.get() >= 90, fetches.get() + " segments");
    }
}
