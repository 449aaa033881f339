package io.millrace.job.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.millrace.contracts.GrpcCalls;
import io.millrace.contracts.v1.CancelJobRequest;
import io.millrace.contracts.v1.ControlJobRequest;
import io.millrace.contracts.v1.DeleteScheduleResponse;
import io.millrace.contracts.v1.GetJobRequest;
import io.millrace.contracts.v1.Job;
import io.millrace.contracts.v1.JobPlan;
import io.millrace.contracts.v1.JobServiceGrpc;
import io.millrace.contracts.v1.ListFailuresRequest;
import io.millrace.contracts.v1.ListFailuresResponse;
import io.millrace.contracts.v1.ListJobsRequest;
import io.millrace.contracts.v1.ListJobsResponse;
import io.millrace.contracts.v1.ListPinsRequest;
import io.millrace.contracts.v1.ListPinsResponse;
import io.millrace.contracts.v1.ListSchedulesRequest;
import io.millrace.contracts.v1.ListSchedulesResponse;
import io.millrace.contracts.v1.NamedSchedule;
import io.millrace.contracts.v1.PauseJobRequest;
import io.millrace.contracts.v1.PlanJobRequest;
import io.millrace.contracts.v1.ResumeJobRequest;
import io.millrace.contracts.v1.RetryFailedRequest;
import io.millrace.contracts.v1.Schedule;
import io.millrace.contracts.v1.SubmitJobRequest;
import io.millrace.job.engine.JobEngine;
import io.millrace.job.ledger.Controls;
import io.millrace.job.ledger.Failure;
import io.millrace.job.ledger.JobId;
import io.millrace.job.ledger.Order;
import io.millrace.job.ledger.Page;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.quarkus.grpc.GrpcService;
import java.util.Optional;
import java.util.OptionalLong;

/** The job-service over gRPC: translates, and maps failures. */
@GrpcService
public class JobRpc extends JobServiceGrpc.JobServiceImplBase {

    private static final int DEFAULT_JOBS = 100;
    private static final int MOST_JOBS = 1_000;
    private static final int DEFAULT_FAILURES = 1_000;
    private static final int MOST_FAILURES = 10_000;

    private final JobEngine engine;

    JobRpc(JobEngine engine) {
        this.engine = engine;
    }

    @Override
    public void submit(SubmitJobRequest request, StreamObserver<Job> observer) {
        GrpcCalls.answer(
                observer,
                () ->
                        JobMessages.job(
                                engine.submit(
                                                new Order(
                                                        JobMessages.kind(request.getKind()),
                                                        NamespacePath.parse(request.getPath()),
                                                        JobMessages.selection(
                                                                request.getSelection()),
                                                        JobMessages.controls(
                                                                Controls.DEFAULT,
                                                                request.getControls()),
                                                        Optional.empty(),
                                                        JobMessages.given(
                                                                request.getIdempotencyKey())))
                                        .accepted()));
    }

    @Override
    public void plan(PlanJobRequest request, StreamObserver<JobPlan> observer) {
        GrpcCalls.answer(
                observer,
                () ->
                        JobMessages.plan(
                                engine.plan(
                                        new Order(
                                                JobMessages.kind(request.getKind()),
                                                NamespacePath.parse(request.getPath()),
                                                JobMessages.selection(request.getSelection()),
                                                JobMessages.controls(
                                                        Controls.DEFAULT, request.getControls()),
                                                Optional.empty(),
                                                Optional.empty()))));
    }

    @Override
    public void get(GetJobRequest request, StreamObserver<Job> observer) {
        GrpcCalls.answer(
                observer, () -> JobMessages.job(engine.job(JobId.parse(request.getJobId()))));
    }

    @Override
    public void cancel(CancelJobRequest request, StreamObserver<Job> observer) {
        OptionalLong revision = revision(request.hasRevision(), request.getRevision());
        GrpcCalls.answer(
                observer,
                () -> JobMessages.job(engine.cancel(JobId.parse(request.getJobId()), revision)));
    }

    @Override
    public void pause(PauseJobRequest request, StreamObserver<Job> observer) {
        OptionalLong revision = revision(request.hasRevision(), request.getRevision());
        GrpcCalls.answer(
                observer,
                () -> JobMessages.job(engine.pause(JobId.parse(request.getJobId()), revision)));
    }

    @Override
    public void resume(ResumeJobRequest request, StreamObserver<Job> observer) {
        OptionalLong revision = revision(request.hasRevision(), request.getRevision());
        GrpcCalls.answer(
                observer,
                () -> JobMessages.job(engine.resume(JobId.parse(request.getJobId()), revision)));
    }

    @Override
    public void control(ControlJobRequest request, StreamObserver<Job> observer) {
        OptionalLong revision = revision(request.hasRevision(), request.getRevision());
        GrpcCalls.answer(
                observer,
                () ->
                        JobMessages.job(
                                engine.control(
                                        JobId.parse(request.getJobId()),
                                        revision,
                                        from ->
                                                JobMessages.controls(
                                                        from, request.getControls()))));
    }

    @Override
    public void retryFailed(RetryFailedRequest request, StreamObserver<Job> observer) {
        GrpcCalls.answer(
                observer,
                () ->
                        JobMessages.job(
                                engine.retryFailed(
                                                JobId.parse(request.getJobId()),
                                                JobMessages.given(request.getIdempotencyKey()))
                                        .accepted()));
    }

    private static OptionalLong revision(boolean given, long revision) {
        return given ? OptionalLong.of(revision) : OptionalLong.empty();
    }

    @Override
    public void list(ListJobsRequest request, StreamObserver<ListJobsResponse> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    Page<io.millrace.job.ledger.Job> page =
                            engine.jobs(
                                    request.getBeforeJobId().isEmpty()
                                            ? Optional.empty()
                                            : Optional.of(JobId.parse(request.getBeforeJobId())),
                                    limit(request.getLimit(), DEFAULT_JOBS, MOST_JOBS));
                    ListJobsResponse.Builder response =
                            ListJobsResponse.newBuilder().setMore(page.more());
                    page.items().forEach(job -> response.addJobs(JobMessages.job(job)));
                    return response.build();
                });
    }

    @Override
    public void listFailures(
            ListFailuresRequest request, StreamObserver<ListFailuresResponse> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    Page<Failure> page =
                            engine.failures(
                                    JobId.parse(request.getJobId()),
                                    request.getCursor(),
                                    limit(request.getLimit(), DEFAULT_FAILURES, MOST_FAILURES));
                    ListFailuresResponse.Builder response = ListFailuresResponse.newBuilder();
                    page.items().forEach(f -> response.addFailures(JobMessages.failure(f)));
                    if (page.more()) {
                        response.setNextCursor(page.items().getLast().path());
                    }
                    return response.build();
                });
    }

    @Override
    public void listPins(ListPinsRequest request, StreamObserver<ListPinsResponse> observer) {
        GrpcCalls.answer(
                observer,
                () ->
                        ListPinsResponse.newBuilder()
                                .addAllPins(engine.pins().stream().map(JobMessages::pin).toList())
                                .build());
    }

    @Override
    public void createSchedule(Schedule request, StreamObserver<Schedule> observer) {
        GrpcCalls.answer(
                observer,
                () ->
                        ScheduleMessages.schedule(
                                engine.schedules().create(ScheduleMessages.wanted(request))));
    }

    @Override
    public void listSchedules(
            ListSchedulesRequest request, StreamObserver<ListSchedulesResponse> observer) {
        GrpcCalls.answer(
                observer,
                () ->
                        ListSchedulesResponse.newBuilder()
                                .addAllSchedules(
                                        engine.schedules().all().stream()
                                                .map(ScheduleMessages::schedule)
                                                .toList())
                                .build());
    }

    @Override
    public void getSchedule(NamedSchedule request, StreamObserver<Schedule> observer) {
        GrpcCalls.answer(
                observer,
                () -> ScheduleMessages.schedule(engine.schedules().schedule(request.getName())));
    }

    @Override
    public void replaceSchedule(Schedule request, StreamObserver<Schedule> observer) {
        GrpcCalls.answer(
                observer,
                () ->
                        ScheduleMessages.schedule(
                                engine.schedules()
                                        .replace(
                                                ScheduleMessages.wanted(request),
                                                ScheduleMessages.revision(request.getRevision()))));
    }

    @Override
    public void deleteSchedule(
            NamedSchedule request, StreamObserver<DeleteScheduleResponse> observer) {
        GrpcCalls.answer(
                observer,
                () -> {
                    engine.schedules()
                            .delete(
                                    request.getName(),
                                    ScheduleMessages.revision(request.getRevision()));
                    return DeleteScheduleResponse.getDefaultInstance();
                });
    }

    @Override
    public void pauseSchedule(NamedSchedule request, StreamObserver<Schedule> observer) {
        GrpcCalls.answer(
                observer,
                () ->
                        ScheduleMessages.schedule(
                                engine.schedules()
                                        .pause(
                                                request.getName(),
                                                ScheduleMessages.revision(request.getRevision()))));
    }

    @Override
    public void resumeSchedule(NamedSchedule request, StreamObserver<Schedule> observer) {
        GrpcCalls.answer(
                observer,
                () ->
                        ScheduleMessages.schedule(
                                engine.schedules()
                                        .resume(
                                                request.getName(),
                                                ScheduleMessages.revision(request.getRevision()))));
    }

    @Override
    public void runSchedule(NamedSchedule request, StreamObserver<Job> observer) {
        GrpcCalls.answer(
                observer,
                () -> JobMessages.job(engine.schedules().run(request.getName()).accepted()));
    }

    @Override
    public void watch(GetJobRequest request, StreamObserver<Job> observer) {
        ServerCallStreamObserver<Job> call = (ServerCallStreamObserver<Job>) observer;
        GrpcCalls.serve(() -> follow(request.getJobId(), call));
    }

    private void follow(String jobId, ServerCallStreamObserver<Job> call) {
        try {
            engine.follow(
                    JobId.parse(jobId),
                    job -> call.onNext(JobMessages.job(job)),
                    call::isCancelled);
            if (!call.isCancelled()) {
                call.onCompleted();
            }
        } catch (RuntimeException e) {
            if (!call.isCancelled()) {
                call.onError(GrpcCalls.failed(e));
            }
        }
    }

    private static int limit(int asked, int usual, int most) {
        if (asked < 0 || asked > most) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, "limit is not within 1 and " + most);
        }
        return asked == 0 ? usual : asked;
    }
}
