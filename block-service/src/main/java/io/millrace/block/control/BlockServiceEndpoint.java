package io.millrace.block.control;

import io.grpc.stub.StreamObserver;
import io.millrace.block.batch.JobGates;
import io.millrace.cache.CacheStore;
import io.millrace.contracts.GrpcCalls;
import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.BlockServiceGrpc;
import io.millrace.contracts.v1.ControlJobsRequest;
import io.millrace.contracts.v1.ControlJobsResponse;
import io.millrace.contracts.v1.FileSource;
import io.millrace.contracts.v1.ResidencyRequest;
import io.millrace.contracts.v1.ResidencyResponse;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Provider;

/** What lies on this worker, and how it is to do jobs. */
@GrpcService
public class BlockServiceEndpoint extends BlockServiceGrpc.BlockServiceImplBase {

    private static final int MAX_FILES = 10_000;
    private static final int MAX_JOBS = 10_000;

    private final Provider<CacheStore> cache;
    private final Provider<JobGates> gates;

    public BlockServiceEndpoint(Provider<CacheStore> cache, Provider<JobGates> gates) {
        this.cache = cache;
        this.gates = gates;
    }

    @Override
    public void controlJobs(
            ControlJobsRequest request, StreamObserver<ControlJobsResponse> responses) {
        GrpcCalls.answer(
                responses,
                () -> {
                    if (request.getJobsCount() > MAX_JOBS) {
                        throw new MillraceException(
                                ErrorCode.INVALID_ARGUMENT,
                                request.getJobsCount() + " jobs in one call: at most " + MAX_JOBS);
                    }
                    gates.get().apply(request.getJobsList());
                    return ControlJobsResponse.getDefaultInstance();
                });
    }

    @Override
    public void residency(ResidencyRequest request, StreamObserver<ResidencyResponse> responses) {
        GrpcCalls.answer(responses, () -> residency(request));
    }

    private ResidencyResponse residency(ResidencyRequest request) {
        if (request.getFilesCount() > MAX_FILES) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    request.getFilesCount() + " files in one call: at most " + MAX_FILES);
        }
        ResidencyResponse.Builder response = ResidencyResponse.newBuilder();
        for (FileSource file : request.getFilesList()) {
            response.addResidentBytes(
                    cache.get().residentBytes(Messages.fromMessage(file).fileVersion()));
        }
        return response.build();
    }
}
