package io.millrace.job.rpc;

import io.millrace.contracts.v1.Differences;
import io.millrace.contracts.v1.Job.Builder;
import io.millrace.contracts.v1.JobControls;
import io.millrace.contracts.v1.JobFailure;
import io.millrace.contracts.v1.JobPlan;
import io.millrace.contracts.v1.JobSelection;
import io.millrace.contracts.v1.JobState;
import io.millrace.contracts.v1.WorkerPart;
import io.millrace.contracts.v1.WorkerProgress;
import io.millrace.job.ledger.Controls;
import io.millrace.job.ledger.Counts;
import io.millrace.job.ledger.Failure;
import io.millrace.job.ledger.Job;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.JobKind;
import io.millrace.job.ledger.Require;
import io.millrace.job.pins.Pin;
import io.millrace.job.plan.Estimate;
import io.millrace.job.plan.Plan;
import io.millrace.job.selection.Selection;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Jobs as messages, and what is asked of them back. */
final class JobMessages {

    private static final long UNKNOWN = -1;

    private JobMessages() {}

    static io.millrace.contracts.v1.Job job(Job job) {
        Counts counts = job.counts();
        Builder message =
                io.millrace.contracts.v1.Job.newBuilder()
                        .setId(job.id().value())
                        .setKind(kind(job.kind()))
                        .setPath(job.path())
                        .setState(state(job.state()))
                        .setCreatedMillis(job.created().toEpochMilli())
                        .setStartedMillis(job.started().map(Instant::toEpochMilli).orElse(0L))
                        .setFinishedMillis(job.finished().map(Instant::toEpochMilli).orElse(0L))
                        .setPlanningFinished(job.planningFinished())
                        .setPlannedFiles(counts.planned().files())
                        .setPlannedBytes(counts.planned().bytes())
                        .setDoneFiles(counts.done().files())
                        .setDoneBytes(counts.done().bytes())
                        .setSkippedFiles(counts.skipped().files())
                        .setSkippedBytes(counts.skipped().bytes())
                        .setFailedFiles(counts.lost().failed().files())
                        .setFailedBytes(counts.lost().failed().bytes())
                        .setVanishedFiles(counts.lost().vanished().files())
                        .setVanishedBytes(counts.lost().vanished().bytes())
                        .setChangedFiles(counts.lost().changed().files())
                        .setChangedBytes(counts.lost().changed().bytes())
                        .setRetries(job.retries())
                        .setRetryOf(job.retryOf().map(JobId::value).orElse(""))
                        .setBytesPerSecond(job.bytesPerSecond())
                        .setEtaMillis(job.eta().map(Duration::toMillis).orElse(UNKNOWN))
                        .setMessage(job.message())
                        .setBatchesOutstanding(job.openBatches())
                        .setControls(controls(job.controls()))
                        .setUnselectedFiles(job.unselectedFiles())
                        .setRevision(job.revision());
        if (!job.selection().isAll()) {
            message.setSelection(selection(job.selection()));
        }
        if (job.kind() == JobKind.SYNC) {
            message.setDifferences(
                    Differences.newBuilder()
                            .setAddedFiles(job.differences().added())
                            .setChangedFiles(job.differences().changed())
                            .setDeletedFiles(job.differences().deleted()));
        }
        job.workers().forEach(worker -> message.addWorkers(worker(worker)));
        return message.build();
    }

    static JobSelection selection(Selection selection) {
        JobSelection.Builder message =
                JobSelection.newBuilder()
                        .addAllInclude(selection.include())
                        .addAllExclude(selection.exclude())
                        .setMinBytes(selection.minBytes());
        if (selection.maxBytes() != Long.MAX_VALUE) {
            message.setMaxBytes(selection.maxBytes());
        }
        selection
                .modifiedSince()
                .ifPresent(at -> message.setModifiedSinceMillis(at.toEpochMilli()));
        selection
                .modifiedBefore()
                .ifPresent(at -> message.setModifiedBeforeMillis(at.toEpochMilli()));
        return message.build();
    }

    /**
     * @throws MillraceException INVALID_ARGUMENT when a value is none
     */
    static Selection selection(JobSelection asked) {
        return new Selection(
                asked.getIncludeList(),
                asked.getExcludeList(),
                asked.getMinBytes(),
                asked.hasMaxBytes() ? asked.getMaxBytes() : Long.MAX_VALUE,
                asked.hasModifiedSinceMillis()
                        ? Optional.of(Instant.ofEpochMilli(asked.getModifiedSinceMillis()))
                        : Optional.empty(),
                asked.hasModifiedBeforeMillis()
                        ? Optional.of(Instant.ofEpochMilli(asked.getModifiedBeforeMillis()))
                        : Optional.empty());
    }

    static JobControls controls(Controls controls) {
        JobControls.Builder message =
                JobControls.newBuilder()
                        .setPriority(controls.priority())
                        .setBytesPerSecond(controls.bytesPerSecond())
                        .setRequestsPerSecond(controls.requestsPerSecond())
                        .setFilesPerWorker(controls.filesPerWorker())
                        .setRequireMillionths(controls.require().millionths());
        controls.deadline().ifPresent(at -> message.setDeadlineMillis(at.toEpochMilli()));
        return message.build();
    }

    /** What {@code asked} makes of {@code from}. */
    static Controls controls(Controls from, JobControls asked) {
        Controls to = from;
        if (asked.hasPriority()) {
            to = to.withPriority(asked.getPriority());
        }
        if (asked.hasBytesPerSecond()) {
            to = to.withBytesPerSecond(asked.getBytesPerSecond());
        }
        if (asked.hasRequestsPerSecond()) {
            to = to.withRequestsPerSecond(asked.getRequestsPerSecond());
        }
        if (asked.hasFilesPerWorker()) {
            to = to.withFilesPerWorker(asked.getFilesPerWorker());
        }
        if (asked.hasRequireMillionths()) {
            to = to.withRequire(new Require(asked.getRequireMillionths()));
        }
        if (asked.hasDeadlineMillis()) {
            long millis = asked.getDeadlineMillis();
            to =
                    to.withDeadline(
                            millis == 0
                                    ? Optional.empty()
                                    : Optional.of(
                                            Controls.checkedDeadline(
                                                    Instant.ofEpochMilli(millis))));
        }
        return to;
    }

    /** Proto's absent text. */
    static Optional<String> given(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    static io.millrace.contracts.v1.Pin pin(Pin pin) {
        return io.millrace.contracts.v1.Pin.newBuilder()
                .setPath(pin.path())
                .setFiles(pin.total().files())
                .setBytes(pin.total().bytes())
                .setResidentFiles(pin.resident().files())
                .setResidentBytes(pin.resident().bytes())
                .setCheckedMillis(pin.checked().map(Instant::toEpochMilli).orElse(0L))
                .setJobId(pin.job().map(JobId::value).orElse(""))
                .setMessage(pin.message())
                .build();
    }

    private static WorkerProgress worker(io.millrace.job.ledger.WorkerProgress worker) {
        return WorkerProgress.newBuilder()
                .setWorkerId(worker.workerId())
                .setDoneFiles(worker.done().files())
                .setDoneBytes(worker.done().bytes())
                .setSkippedFiles(worker.skipped().files())
                .setSkippedBytes(worker.skipped().bytes())
                .setFailedFiles(worker.failedFiles())
                .build();
    }

    static JobPlan plan(Plan plan) {
        Estimate estimate = plan.estimate();
        JobPlan.Builder message =
                JobPlan.newBuilder()
                        .setKind(kind(estimate.kind()))
                        .setPath(estimate.path())
                        .setFiles(estimate.total().files())
                        .setBytes(estimate.total().bytes())
                        .setResidentFiles(estimate.resident().files())
                        .setResidentBytes(estimate.resident().bytes())
                        .setGetRequests(estimate.requests().get())
                        .setHeadRequests(estimate.requests().head())
                        .setFetchFiles(estimate.fetch().files())
                        .setFetchBytes(estimate.fetch().bytes())
                        .setUnselectedFiles(estimate.unselectedFiles())
                        .setCapacityBytes(estimate.capacityBytes())
                        .setUsedBytes(estimate.usedBytes())
                        .setFits(estimate.fits())
                        .setPrice(plan.price().amount().toPlainString())
                        .setCurrency(plan.price().currency())
                        .addAllObstacles(plan.obstacles())
                        .setHash(estimate.hash());
        plan.expected().ifPresent(time -> message.setExpectedMillis(time.toMillis()));
        estimate.workers().forEach(part -> message.addWorkers(part(part)));
        return message.build();
    }

    private static WorkerPart part(Estimate.WorkerPart part) {
        return WorkerPart.newBuilder()
                .setWorkerId(part.worker().value())
                .setHeldBytes(part.heldBytes())
                .setFetchBytes(part.fetchBytes())
                .setCapacityBytes(part.capacityBytes())
                .setUsedBytes(part.usedBytes())
                .setFits(part.fits())
                .build();
    }

    static JobFailure failure(Failure failure) {
        return JobFailure.newBuilder()
                .setPath(failure.path())
                .setBytes(failure.bytes())
                .setCode(failure.code().name())
                .setMessage(failure.message())
                .build();
    }

    static JobKind kind(io.millrace.contracts.v1.JobKind kind) {
        return switch (kind) {
            case JOB_KIND_LOAD -> JobKind.LOAD;
            case JOB_KIND_LOAD_METADATA -> JobKind.LOAD_METADATA;
            case JOB_KIND_SYNC -> JobKind.SYNC;
            case JOB_KIND_FREE -> JobKind.FREE;
            case JOB_KIND_VERIFY -> JobKind.VERIFY;
            case JOB_KIND_WARM_REPLICAS -> JobKind.WARM_REPLICAS;
            case JOB_KIND_PIN -> JobKind.PIN;
            case JOB_KIND_UNPIN -> JobKind.UNPIN;
            case JOB_KIND_UNSPECIFIED, UNRECOGNIZED ->
                    throw new MillraceException(
                            ErrorCode.INVALID_ARGUMENT,
                            "job kind is not set, or none that is known");
        };
    }

    static io.millrace.contracts.v1.JobKind kind(JobKind kind) {
        return switch (kind) {
            case LOAD -> io.millrace.contracts.v1.JobKind.JOB_KIND_LOAD;
            case LOAD_METADATA -> io.millrace.contracts.v1.JobKind.JOB_KIND_LOAD_METADATA;
            case SYNC -> io.millrace.contracts.v1.JobKind.JOB_KIND_SYNC;
            case FREE -> io.millrace.contracts.v1.JobKind.JOB_KIND_FREE;
            case VERIFY -> io.millrace.contracts.v1.JobKind.JOB_KIND_VERIFY;
            case WARM_REPLICAS -> io.millrace.contracts.v1.JobKind.JOB_KIND_WARM_REPLICAS;
            case PIN -> io.millrace.contracts.v1.JobKind.JOB_KIND_PIN;
            case UNPIN -> io.millrace.contracts.v1.JobKind.JOB_KIND_UNPIN;
        };
    }

    private static JobState state(io.millrace.job.ledger.JobState state) {
        return switch (state) {
            case io.millrace.job.ledger.JobState.Planned _ -> JobState.JOB_STATE_PLANNED;
            case io.millrace.job.ledger.JobState.Running _ -> JobState.JOB_STATE_RUNNING;
            case io.millrace.job.ledger.JobState.Paused _ -> JobState.JOB_STATE_PAUSED;
            case io.millrace.job.ledger.JobState.Succeeded _ -> JobState.JOB_STATE_SUCCEEDED;
            case io.millrace.job.ledger.JobState.Partial _ -> JobState.JOB_STATE_PARTIAL;
            case io.millrace.job.ledger.JobState.Failed _ -> JobState.JOB_STATE_FAILED;
            case io.millrace.job.ledger.JobState.Cancelled _ -> JobState.JOB_STATE_CANCELLED;
        };
    }
}
