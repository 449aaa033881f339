package io.millrace.standalone.cli;

import io.millrace.contracts.v1.Job;
import java.io.PrintStream;
import java.util.Locale;

/** Jobs and plans, for people. */
final class JobReport {

    private JobReport() {}

    static ExitCode exitCode(Job job) {
        return switch (job.getState()) {
            case JOB_STATE_PARTIAL -> ExitCode.PARTIAL;
            case JOB_STATE_FAILED -> ExitCode.JOB_FAILED;
            case JOB_STATE_CANCELLED -> ExitCode.JOB_CANCELLED;
            case JOB_STATE_SUCCEEDED,
                    JOB_STATE_PLANNED,
                    JOB_STATE_PAUSED,
                    JOB_STATE_RUNNING,
                    JOB_STATE_UNSPECIFIED,
                    UNRECOGNIZED ->
                    ExitCode.OK;
        };
    }

    /** Of all files that the job has dealt with. */
    static long accountedFiles(Job job) {
        return job.getDoneFiles() + job.getSkippedFiles() + lostFiles(job);
    }

    /** What could not be done: failed, vanished from the bucket, changed there. */
    static long lostFiles(Job job) {
        return job.getFailedFiles() + job.getVanishedFiles() + job.getChangedFiles();
    }

    private static String lost(Job job) {
        StringBuilder lost = new StringBuilder();
        if (job.getVanishedFiles() > 0) {
            lost.append(
                    ", %d (%s) vanished"
                            .formatted(
                                    job.getVanishedFiles(), Views.bytes(job.getVanishedBytes())));
        }
        if (job.getChangedFiles() > 0) {
            lost.append(
                    ", %d (%s) changed"
                            .formatted(job.getChangedFiles(), Views.bytes(job.getChangedBytes())));
        }
        return lost.toString();
    }

    static long accountedBytes(Job job) {
        return job.getDoneBytes()
                + job.getSkippedBytes()
                + job.getFailedBytes()
                + job.getVanishedBytes()
                + job.getChangedBytes();
    }

    /** {@code 12/40}, with a {@code +} while the planner still finds more. */
    static String files(Job job) {
        return accountedFiles(job) + "/" + job.getPlannedFiles() + more(job);
    }

    static String bytes(Job job) {
        return Views.bytes(accountedBytes(job))
                + "/"
                + Views.bytes(job.getPlannedBytes())
                + more(job);
    }

    private static String more(Job job) {
        return job.getPlanningFinished() || JobCommand.hasEnded(job) ? "" : "+";
    }

    static void print(PrintStream out, JobViews.PlanView plan) {
        Table table = new Table("PLAN", ">FILES", ">BYTES");
        table.row(plan.kind() + " " + plan.path(), plan.files(), Views.bytes(plan.bytes()));
        table.row("already cached", plan.residentFiles(), Views.bytes(plan.residentBytes()));
        if (plan.fetchFiles() > 0) {
            table.row("to fetch", plan.fetchFiles(), Views.bytes(plan.fetchBytes()));
        }
        if (plan.unselectedFiles() > 0) {
            table.row("left out", plan.unselectedFiles(), "");
        }
        table.print(out);
        out.println(
                "%d GETs and %d HEADs to the bucket, %s %s; %s"
                        .formatted(
                                plan.getRequests(),
                                plan.headRequests(),
                                plan.price(),
                                plan.currency(),
                                plan.expectedMillis() == null
                                        ? "nothing like it has run, so that its time cannot be told."
                                        : "about %.1f s at the best pace so far."
                                                .formatted(plan.expectedMillis() / 1_000.0)));
        if (plan.fetchBytes() > 0) {
            Table parts = new Table("WORKER", ">TO FETCH", ">USED", ">CAPACITY", "FITS");
            for (JobViews.PlanWorkerView part : plan.workers()) {
                parts.row(
                        part.id(),
                        Views.bytes(part.fetchBytes()),
                        Views.bytes(part.usedBytes()),
                        Views.bytes(part.capacityBytes()),
                        part.fits() ? "yes" : "by eviction");
            }
            parts.print(out);
        }
        plan.obstacles()
                .forEach(obstacle -> out.println(Terminal.printable("In the way: " + obstacle)));
        out.println("Snapshot " + plan.hash());
    }

    static void printState(PrintStream out, Job job) {
        out.println(
                Terminal.printable(
                        String.format(
                                Locale.ROOT,
                                "job %s: %s %s: %s, %s files, %s%s",
                                job.getId(),
                                JobViews.name(job.getKind()),
                                job.getPath(),
                                JobViews.name(job.getState()),
                                files(job),
                                bytes(job),
                                job.getMessage().isEmpty() ? "" : ": " + job.getMessage())));
    }

    static void printOutcome(PrintStream out, Job job) {
        long millis = Math.max(1, job.getFinishedMillis() - job.getStartedMillis());
        out.println(
                Terminal.printable(
                        String.format(
                                Locale.ROOT,
                                "job %s %s in %.1f s: %d files (%s) done, %d (%s) skipped, %d (%s)"
                                        + " failed%s, of %d (%s)%s",
                                job.getId(),
                                JobViews.name(job.getState()),
                                millis / 1e3,
                                job.getDoneFiles(),
                                Views.bytes(job.getDoneBytes()),
                                job.getSkippedFiles(),
                                Views.bytes(job.getSkippedBytes()),
                                job.getFailedFiles(),
                                Views.bytes(job.getFailedBytes()),
                                lost(job),
                                job.getPlannedFiles(),
                                Views.bytes(job.getPlannedBytes()),
                                job.getMessage().isEmpty() ? "" : ": " + job.getMessage())));
        if (lostFiles(job) > 0) {
            out.println("'millrace job failures " + job.getId() + "' lists the failed files.");
        }
    }
}
