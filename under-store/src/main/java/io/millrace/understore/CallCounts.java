package io.millrace.understore;

import io.millrace.model.ErrorCode;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts what is asked of an under store since it was made. */
public final class CallCounts implements UnderStoreListener {

    private final Map<Verb, LongAdder> calls = new EnumMap<>(Verb.class);
    private final Map<Verb, LongAdder> failures = new EnumMap<>(Verb.class);
    private final LongAdder bytes = new LongAdder();

    public CallCounts() {
        for (Verb verb : Verb.values()) {
            calls.put(verb, new LongAdder());
            failures.put(verb, new LongAdder());
        }
    }

    @Override
    public void onCall(Verb verb) {
        increment(calls, verb);
    }

    @Override
    public void onFailure(Verb verb, ErrorCode code) {
        increment(failures, verb);
    }

    @Override
    public void onBytes(long count) {
        bytes.add(count);
    }

    public long calls(Verb verb) {
        return sum(calls, verb);
    }

    public long failures(Verb verb) {
        return sum(failures, verb);
    }

    /** Bytes read in all. */
    public long bytes() {
        return bytes.sum();
    }

    private static void increment(Map<Verb, LongAdder> counts, Verb verb) {
        LongAdder count = counts.get(verb);
        if (count != null) {
            count.increment();
        }
    }

    private static long sum(Map<Verb, LongAdder> counts, Verb verb) {
        LongAdder count = counts.get(verb);
        return count == null ? 0 : count.sum();
    }

    @Override
    public String toString() {
        return "calls=" + calls + " failures=" + failures + " bytes=" + bytes;
    }
}
