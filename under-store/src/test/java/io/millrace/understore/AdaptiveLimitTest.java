package io.millrace.understore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.understore.AttemptListener.Pressure;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AdaptiveLimitTest {

    private final AtomicLong now = new AtomicLong();
    private final AdaptiveLimit limit = new AdaptiveLimit(32, now::get);

    @Test
    void itBeginsAtTheMost() {
        assertEquals(32, limit.current());
        answers(1_000);
        assertEquals(32, limit.current());
    }

    @Test
    void oneStoreThatWantsLessIsHeardOnceForAllThatWasInFlight() {
        for (int attempt = 0; attempt < 32; attempt++) {
            limit.onAttempt(Pressure.TOO_MUCH);
        }
        assertEquals(16, limit.current());
        assertEquals(1, limit.decreases());
    }

    @Test
    void oneWhoGoesOnWantingLessIsAskedOneAtATimeAndNeverLess() {
        for (int second = 0; second < 20; second++) {
            now.addAndGet(AdaptiveLimit.HOLD.toNanos());
            limit.onAttempt(Pressure.TOO_MUCH);
        }
        assertEquals(1, limit.current());
    }

    @Test
    void itGrowsByOneForEachRoundOfAnswers() {
        limit.onAttempt(Pressure.TOO_MUCH);
        answers(15);
        assertEquals(16, limit.current());
        answers(1);
        assertEquals(17, limit.current());
        answers(17);
        assertEquals(18, limit.current());
    }

    @Test
    void aStoreThatBearsTwentyIsAskedAboutTwenty() {
        Random random = new Random(11);
        long sum = 0;
        int rounds = 4_000;
        for (int round = 0; round < rounds; round++) {
            int inFlight = limit.current();
            for (int i = 0; i < inFlight; i++) {
                now.addAndGet(10_000_000 / inFlight + random.nextInt(1_000));
                limit.onAttempt(i >= 20 ? Pressure.TOO_MUCH : Pressure.NONE);
            }
            sum += inFlight;
        }
        double mean = (double) sum / rounds;
        assertTrue(mean > 13 && mean < 21, "mean of " + mean);
    }

    @Test
    void noneAtAllIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new AdaptiveLimit(0, now::get));
    }

    private void answers(int count) {
        for (int i = 0; i < count; i++) {
            limit.onAttempt(Pressure.NONE);
        }
    }
}
