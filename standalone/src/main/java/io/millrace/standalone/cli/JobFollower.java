package io.millrace.standalone.cli;

import io.millrace.contracts.v1.Job;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.PrintStream;
import java.time.Duration;

/** Asks after one job until it has ended, and shows how far it is. */
final class JobFollower {

    private static final Duration INTERVAL = Duration.ofMillis(250);

    /** How long job-service may be away, as when it is restarted, before that is an error. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Session session;
    private final PrintStream out;

    JobFollower(Session session) {
        this.session = session;
        this.out = session.talk();
    }

    Job follow(String id) {
        ProgressBar bar = new ProgressBar(session.terminal(), out);
        long lastAnswer = System.nanoTime();
        try {
            while (true) {
                try {
                    Job job = JobCommand.get(session, id);
                    lastAnswer = System.nanoTime();
                    bar.show(fraction(job), text(job));
                    if (JobCommand.hasEnded(job)) {
                        return job;
                    }
                } catch (MillraceException e) {
                    boolean passes = e.code().retry() == ErrorCode.Retry.AFTER_PAUSE;
                    if (!passes || System.nanoTime() - lastAnswer > PATIENCE.toNanos()) {
                        throw e;
                    }
                }
                Thread.sleep(INTERVAL);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    ErrorCode.INTERRUPTED, "no longer waiting for job " + id + "; it goes on", e);
        } finally {
            bar.end();
        }
    }

    /** By bytes when there are any, and never 1 before the end, nor told before the plan is. */
    static double fraction(Job job) {
        if (JobCommand.hasEnded(job)) {
            return job.getPlannedFiles() == JobReport.accountedFiles(job) ? 1 : ofBytes(job);
        }
        return job.getPlanningFinished() ? Math.min(0.99, ofBytes(job)) : -1;
    }

    private static double ofBytes(Job job) {
        if (job.getPlannedBytes() > 0) {
            return (double) JobReport.accountedBytes(job) / job.getPlannedBytes();
        }
        return job.getPlannedFiles() == 0
                ? 0
                : (double) JobReport.accountedFiles(job) / job.getPlannedFiles();
    }

    static String text(Job job) {
        StringBuilder text = new StringBuilder();
        text.append(JobReport.files(job)).append(" files, ").append(JobReport.bytes(job));
        if (JobReport.lostFiles(job) > 0) {
            text.append(", ").append(JobReport.lostFiles(job)).append(" not done");
        }
        if (JobCommand.isRunning(job)) {
            text.append(", ").append(Views.bytes(job.getBytesPerSecond())).append("/s");
            text.append(", ETA ").append(Views.millis(job.getEtaMillis()));
        }
        return text.toString();
    }
}
