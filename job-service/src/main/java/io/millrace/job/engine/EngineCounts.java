package io.millrace.job.engine;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What an engine has done since it was made, and how much is open. Safe for many threads. */
public final class EngineCounts {

    final LongAdder submitted = new LongAdder();
    final LongAdder planningSteps = new LongAdder();
    final LongAdder sent = new LongAdder();
    final LongAdder applied = new LongAdder();
    final LongAdder late = new LongAdder();
    final LongAdder overdue = new LongAdder();
    final LongAdder pruned = new LongAdder();
    final LongAdder pinsChecked = new LongAdder();
    final LongAdder pinLoads = new LongAdder();
    final AtomicLong openJobs = new AtomicLong();
    final AtomicLong openBatches = new AtomicLong();

    EngineCounts() {}

    /** Jobs accepted. */
    public long submitted() {
        return submitted.sum();
    }

    /** Pages planned, and batches of moved files planned again. */
    public long planningSteps() {
        return planningSteps.sum();
    }

    /** Batches that are in Kafka, repetitions included. */
    public long sent() {
        return sent.sum();
    }

    /** Results counted into their job. */
    public long applied() {
        return applied.sum();
    }

    /** Batches that had no result in time. */
    public long late() {
        return late.sum();
    }

    /** Jobs that were ended because their deadline had passed. */
    public long overdue() {
        return overdue.sum();
    }

    /** Ended jobs that were forgotten. */
    public long pruned() {
        return pruned.sum();
    }

    /** Looks at pinned paths. */
    public long pinsChecked() {
        return pinsChecked.sum();
    }

    /** Loads that were submitted because pinned bytes were missing. */
    public long pinLoads() {
        return pinLoads.sum();
    }

    /** Jobs that have not ended, at the last look into the database. */
    public long openJobs() {
        return openJobs.get();
    }

    /** Batches without a result, at the last look into the database. */
    public long openBatches() {
        return openBatches.get();
    }
}
