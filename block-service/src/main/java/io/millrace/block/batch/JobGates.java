package io.millrace.block.batch;

import io.millrace.contracts.v1.Batch;
import io.millrace.contracts.v1.JobControl;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * How the jobs this worker has batches of are to be done, as job-service tells it: with each batch,
 * and by calls while batches run. The jobs heard of last are remembered. The monitor guards which.
 */
public final class JobGates {

    private static final int REMEMBERED = 20_000;

    private final LongSupplier nanoTime;
    private final LinkedHashMap<String, JobGate> byJob = new LinkedHashMap<>();
    private boolean closed;

    /**
     * @param nanoTime a monotonic clock
     */
    public JobGates(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Takes over what is told of jobs; it holds for batches that are under way too. */
    public void apply(List<JobControl> told) {
        told.forEach(control -> of(control.getJobId()).apply(control));
    }

    /** The gate of the batch's job, with what the batch says of it. */
    JobGate of(Batch batch) {
        JobGate gate = of(batch.getJobId());
        gate.apply(batch.getControl());
        return gate;
    }

    private synchronized JobGate of(String job) {
        JobGate gate = byJob.remove(job);
        if (gate == null) {
            gate = new JobGate(nanoTime);
        }
        byJob.put(job, gate);
        if (byJob.size() > REMEMBERED) {
            byJob.pollFirstEntry();
        }
        if (closed) {
            gate.close();
        }
        return gate;
    }

    /** Nothing passes any more. */
    synchronized void close() {
        closed = true;
        byJob.values().forEach(JobGate::close);
    }
}
