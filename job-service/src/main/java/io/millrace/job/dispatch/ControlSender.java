package io.millrace.job.dispatch;

import io.millrace.contracts.v1.JobControl;
import io.millrace.job.cluster.Cluster;
import io.millrace.job.cluster.Topology;
import io.millrace.job.ledger.ControlsStore;
import io.millrace.job.ledger.Database;
import io.millrace.model.MillraceException;
import java.time.Duration;
import java.util.List;

/**
 * Tells every worker of the ring how the jobs it has batches of are to be done. What is told is the
 * whole state, so that a worker that missed a call hears all with the next; each replica tells, and
 * a worker takes what has the higher revision.
 *
 * <p>A halted job is told at each step, until its batches have come back; limits that stay as they
 * are, every few seconds. A step is called by one thread.
 */
public final class ControlSender {

    private static final Duration AGAIN = Duration.ofSeconds(3);

    private final ControlsStore controls;
    private final Cluster cluster;
    private List<JobControl> told = List.of();
    private long toldEpoch;
    private long toldNanos;

    public ControlSender(Database database, Cluster cluster) {
        this.controls = new ControlsStore(database);
        this.cluster = cluster;
    }

    /**
     * Tells what is new.
     *
     * @return how many workers have heard it
     */
    public int step() {
        if (controls.toTell(1).isEmpty()) {
            told = List.of();
            return 0;
        }
        Topology topology = cluster.lastTopology();
        List<JobControl> now = controls.toTell(Math.max(1, topology.owners().size()));
        boolean urgent = now.stream().anyMatch(JobControl::getHalted);
        boolean same = now.equals(told) && topology.epoch() == toldEpoch;
        if (same && !urgent && System.nanoTime() - toldNanos < AGAIN.toNanos()) {
            return 0;
        }
        int heard = cluster.controlJobs(topology.workers().values(), now);
        told = now;
        toldEpoch = topology.epoch();
        toldNanos = System.nanoTime();
        return heard;
    }

    /** How the jobs of some batches are to be done, as it is sent with them. */
    static int workers(Cluster cluster) {
        try {
            return Math.max(1, cluster.lastTopology().owners().size());
        } catch (MillraceException e) {
            return 1;
        }
    }
}
