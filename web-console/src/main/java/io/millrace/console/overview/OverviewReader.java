package io.millrace.console.overview;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.millrace.console.overview.Overview.JobRow;
import io.millrace.console.overview.Overview.MountRow;
import io.millrace.console.overview.Overview.Section;
import io.millrace.console.overview.Overview.WorkerRow;
import io.millrace.contracts.GrpcErrors;
import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobServiceGrpc;
import io.millrace.contracts.v1.ListJobsRequest;
import io.millrace.contracts.v1.ListMountsRequest;
import io.millrace.contracts.v1.ListWorkersRequest;
import io.millrace.contracts.v1.MetadataServiceGrpc;
import io.millrace.contracts.v1.Mount;
import io.millrace.contracts.v1.Worker;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Asks the services for an {@link Overview}. Every question has a deadline; a service that does not
 * answer takes its own sections away and no others.
 */
public final class OverviewReader {

    private final Service metadata;
    private final Service jobs;
    private final Duration timeout;
    private final int jobLimit;
    private final InstantSource clock;

    /**
     * @param timeout of each question
     * @param jobLimit how many jobs, 1 to 1,000
     */
    public OverviewReader(
            Service metadata, Service jobs, Duration timeout, int jobLimit, InstantSource clock) {
        this.metadata = metadata;
        this.jobs = jobs;
        this.timeout = timeout;
        this.jobLimit = jobLimit;
        this.clock = clock;
    }

    /**
     * A service that is asked.
     *
     * @param name for sentences: {@code metadata-service}
     * @param address {@code host:port}
     * @param channel to it
     */
    public record Service(String name, String address, ManagedChannel channel) {

        /**
         * Lets a lost connection be tried again now. Left alone, gRPC waits up to two minutes after
         * a long outage, in which the page would call a service down that is back.
         */
        private void tryAgain() {
            if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
                channel.resetConnectBackoff();
            }
        }
    }

    /** Blocks for at most three timeouts. Never fails: what cannot be told says why. */
    public Overview read() {
        return new Overview(
                clock.millis(),
                section(metadata, this::mounts),
                section(metadata, this::workers),
                section(jobs, this::jobs));
    }

    private static <R> Section<R> section(Service service, Supplier<Section<R>> question) {
        service.tryAgain();
        try {
            return question.get();
        } catch (StatusRuntimeException e) {
            return Section.unknown(
                    GrpcErrors.fromStatus(service.name() + " at " + service.address(), e)
                            .getMessage());
        }
    }

    private Section<MountRow> mounts() {
        return Section.of(
                metadata()
                        .listMounts(ListMountsRequest.getDefaultInstance())
                        .getMountsList()
                        .stream()
                        .map(OverviewReader::row)
                        .toList(),
                false);
    }

    private Section<WorkerRow> workers() {
        return Section.of(
                metadata()
                        .listWorkers(ListWorkersRequest.getDefaultInstance())
                        .getWorkersList()
                        .stream()
                        .map(OverviewReader::row)
                        .toList(),
                false);
    }

    private Section<JobRow> jobs() {
        var answer =
                JobServiceGrpc.newBlockingStub(jobs.channel())
                        .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS)
                        .list(ListJobsRequest.newBuilder().setLimit(jobLimit).build());
        return Section.of(
                answer.getJobsList().stream().map(OverviewReader::row).toList(), answer.getMore());
    }

    private MetadataServiceGrpc.MetadataServiceBlockingStub metadata() {
        return MetadataServiceGrpc.newBlockingStub(metadata.channel())
                .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static MountRow row(Mount mount) {
        return new MountRow(
                mount.getPath(),
                mount.getUri(),
                mount.getOptions().getEndpoint(),
                mount.getOptions().getCredentials(),
                mount.getOptions().getMaxAgeMillis());
    }

    private static WorkerRow row(Worker worker) {
        return new WorkerRow(
                worker.getId(),
                worker.getState().name().replace("WORKER_STATE_", ""),
                worker.getHost() + ":" + worker.getDataPort(),
                worker.getUsedBytes(),
                worker.getCapacityBytes(),
                worker.getCachedFiles(),
                worker.getLastRenewalMillis());
    }

    private static JobRow row(Job job) {
        return new JobRow(
                job.getId(),
                job.getKind().name().replace("JOB_KIND_", ""),
                job.getPath(),
                job.getState().name().replace("JOB_STATE_", ""),
                job.getCreatedMillis(),
                job.getStartedMillis(),
                job.getFinishedMillis(),
                job.getPlanningFinished(),
                job.getPlannedFiles(),
                job.getPlannedBytes(),
                job.getDoneFiles(),
                job.getDoneBytes(),
                job.getSkippedFiles(),
                job.getSkippedBytes(),
                job.getFailedFiles() + job.getVanishedFiles() + job.getChangedFiles(),
                job.getFailedBytes() + job.getVanishedBytes() + job.getChangedBytes(),
                job.getBytesPerSecond(),
                job.getEtaMillis(),
                job.getMessage());
    }
}
