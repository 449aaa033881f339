package io.millrace.block.control;

import io.grpc.stub.StreamObserver;
import io.millrace.block.batch.JobGates;
import io.millrace.block.fill.LoadRequests;
import io.millrace.cache.CacheStore;
import io.millrace.contracts.GrpcCalls;
import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.BlockServiceGrpc;
import io.millrace.contracts.v1.ControlJobsRequest;
import io.millrace.contracts.v1.ControlJobsResponse;
import io.millrace.contracts.v1.FileSource;
import io.millrace.contracts.v1.LoadedBlocks;
import io.millrace.contracts.v1.ResidencyRequest;
import io.millrace.contracts.v1.ResidencyResponse;
import io.millrace.model.BlockLayout;
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
    private final Provider<LoadRequests> loads;
    private final Provider<JobGates> gates;

    public BlockServiceEndpoint(
            Provider<CacheStore> cache, Provider<LoadRequests> loads, Provider<JobGates> gates) {
        this.cache = cache;
        this.loads = loads;
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
        if (request.getLoadsCount() > 0 && request.getLoadsCount() != request.getFilesCount()) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    request.getLoadsCount() + " loads of " + request.getFilesCount() + " files");
        }
        ResidencyResponse.Builder response = ResidencyResponse.newBuilder();
        for (FileSource file : request.getFilesList()) {
            response.addResidentBytes(
                    cache.get().residentBytes(Messages.fromMessage(file).fileVersion()));
        }
        for (int i = 0; i < request.getLoadsCount(); i++) {
            LoadedBlocks load = request.getLoads(i);
            LoadRequests.Missing missing =
                    loads.get()
                            .missing(
                                    Messages.fromMessage(request.getFiles(i)),
                                    layout(load),
                                    load.getBlocksList());
            response.addMissingBytes(missing.bytes()).addLoadRequests(missing.requests());
        }
        return response.build();
    }

    private static BlockLayout layout(LoadedBlocks load) {
        try {
            return new BlockLayout(load.getBlockBytes());
        } catch (IllegalArgumentException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, String.valueOf(e.getMessage()), e);
        }
    }
}
