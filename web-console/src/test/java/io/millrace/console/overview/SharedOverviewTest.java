package io.millrace.console.overview;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SharedOverviewTest {

    private final AtomicLong clock = new AtomicLong();
    private final AtomicInteger questions = new AtomicInteger();

    @Test
    void an_answer_is_given_again_until_it_is_too_old() {
        SharedOverview shared = shared(() -> {});

        assertEquals(1, shared.latest().asOfMillis());
        clock.set(99);
        assertEquals(1, shared.latest().asOfMillis());
        clock.set(100);
        assertEquals(2, shared.latest().asOfMillis());
    }

    @Test
    void all_who_ask_during_a_question_wait_for_its_answer() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        SharedOverview shared =
                shared(() -> {
                    asked.countDown();
                    try {
                        answer.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<Long> ask = () -> shared.latest().asOfMillis();
            Future<Long> first = threads.submit(ask);
            asked.await();
            clock.set(1_000);
            List<Future<Long>> others =
                    IntStream.range(0, 20).mapToObj(i -> threads.submit(ask)).toList();
            answer.countDown();
            assertEquals(1, first.get());
            for (Future<Long> other : others) {
                other.get();
            }
        }
    }

    @Test
    void a_failure_is_not_kept() {
        SharedOverview shared =
                shared(() -> {
                    if (questions.get() == 1) {
                        throw new IllegalStateException("once");
                    }
                });

        assertThrows(RuntimeException.class, shared::latest);
        assertEquals(2, shared.latest().asOfMillis());
    }

    private SharedOverview shared(Runnable meanwhile) {
        return new SharedOverview(
                () -> {
                    int number = questions.incrementAndGet();
                    meanwhile.run();
                    return new Overview(
                            number,
                            Overview.Section.of(List.of(), false),
                            Overview.Section.of(List.of(), false),
                            Overview.Section.of(List.of(), false));
                },
                Duration.ofNanos(100),
                clock::get);
    }
}
