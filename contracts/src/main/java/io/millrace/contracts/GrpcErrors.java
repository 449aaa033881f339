package io.millrace.contracts;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import org.jspecify.annotations.Nullable;

/**
 * Failures over gRPC: the status of the error table, the sentence as its description, and the
 * code's own name in the trailer {@code millrace-code}, because several codes share a status.
 */
public final class GrpcErrors {

    private static final Metadata.Key<String> CODE =
            Metadata.Key.of("millrace-code", Metadata.ASCII_STRING_MARSHALLER);

    private GrpcErrors() {}

    /**
     * What a server answers. Anything but a {@link MillraceException} is INTERNAL, without its
     * details.
     */
    public static StatusRuntimeException toStatus(Throwable failure) {
        if (failure instanceof StatusRuntimeException already) {
            return already;
        }
        MillraceException known =
                failure instanceof MillraceException millrace
                        ? millrace
                        : new MillraceException(
                                ErrorCode.INTERNAL,
                                "internal error; the server's log says more",
                                failure);
        Metadata trailers = new Metadata();
        trailers.put(CODE, known.code().name());
        return Status.fromCodeValue(known.code().grpcStatus())
                .withDescription(known.getMessage())
                .withCause(known)
                .asRuntimeException(trailers);
    }

    /**
     * What a client throws instead of a gRPC failure. {@code server} names who was called:
     * "metadata-service".
     */
    public static MillraceException fromStatus(String server, Throwable failure) {
        if (failure instanceof MillraceException already) {
            return already;
        }
        Status status = Status.fromThrowable(failure);
        ErrorCode code = code(failure, status);
        String description = status.getDescription();
        String message =
                hasOwnCode(failure) && description != null
                        ? description
                        : server
                                + " "
                                + explanation(status.getCode())
                                + (description == null ? "" : ": " + description);
        return new MillraceException(code, message, failure);
    }

    private static String explanation(Status.Code code) {
        return switch (code) {
            case UNAVAILABLE -> "cannot be reached";
            case DEADLINE_EXCEEDED -> "did not answer in time";
            default -> "answered " + code;
        };
    }

    private static ErrorCode code(Throwable failure, Status status) {
        String name = ownCode(failure);
        if (name != null) {
            try {
                return ErrorCode.valueOf(name);
            } catch (IllegalArgumentException e) {
                // A newer server's code: its status says enough.
            }
        }
        return switch (status.getCode()) {
            case UNAVAILABLE -> ErrorCode.UNAVAILABLE;
            case DEADLINE_EXCEEDED -> ErrorCode.DEADLINE_EXCEEDED;
            case CANCELLED -> ErrorCode.INTERRUPTED;
            case NOT_FOUND -> ErrorCode.NOT_FOUND;
            case ALREADY_EXISTS -> ErrorCode.ALREADY_EXISTS;
            case INVALID_ARGUMENT, OUT_OF_RANGE -> ErrorCode.INVALID_ARGUMENT;
            case PERMISSION_DENIED, UNAUTHENTICATED -> ErrorCode.PERMISSION_DENIED;
            case RESOURCE_EXHAUSTED -> ErrorCode.BUSY;
            case FAILED_PRECONDITION, ABORTED -> ErrorCode.CONFLICT;
            default -> ErrorCode.INTERNAL;
        };
    }

    private static boolean hasOwnCode(Throwable failure) {
        return ownCode(failure) != null;
    }

    private static @Nullable String ownCode(Throwable failure) {
        Metadata trailers =
                switch (failure) {
                    case StatusRuntimeException e -> e.getTrailers();
                    case StatusException e -> e.getTrailers();
                    default -> null;
                };
        return trailers == null ? null : trailers.get(CODE);
    }
}
