package io.millrace.block.control;

import io.grpc.stub.StreamObserver;
import io.millrace.cache.CacheStore;
import io.millrace.contracts.GrpcCalls;
import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.BlockServiceGrpc;
import io.millrace.contracts.v1.FileSource;
import io.millrace.contracts.v1.ResidencyRequest;
import io.millrace.contracts.v1.ResidencyResponse;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Provider;

/** What lies on this worker. */
@GrpcService
public class BlockServiceEndpoint extends BlockServiceGrpc.BlockServiceImplBase {

    private static final int MAX_FILES = 10_000;

    private final Provider<CacheStore> cache;

    public BlockServiceEndpoint(Provider<CacheStore> cache) {
        this.cache = cache;
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
