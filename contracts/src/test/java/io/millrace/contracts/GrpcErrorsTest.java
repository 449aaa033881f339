package io.millrace.contracts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.grpc.Status;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GrpcErrorsTest {

    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void everyCodeAndItsSentenceSurviveTheWire(ErrorCode code) {
        MillraceException sent = new MillraceException(code, "mount '/a' is there already");

        MillraceException received =
                GrpcErrors.fromStatus("metadata-service", GrpcErrors.toStatus(sent));

        assertEquals(code, received.code());
        assertEquals("mount '/a' is there already", received.getMessage());
    }

    @Test
    void anUnexpectedFailureTellsNothingOfItsInside() {
        String told =
                String.valueOf(
                        GrpcErrors.toStatus(new IllegalStateException("password=hunter2"))
                                .getMessage());

        assertFalse(told.contains("hunter2"));
    }

    @Test
    void aServerThatCannotBeReachedIsNamed() {
        MillraceException failure =
                GrpcErrors.fromStatus("job-service", Status.UNAVAILABLE.asRuntimeException());

        assertEquals(ErrorCode.UNAVAILABLE, failure.code());
        assertEquals("job-service cannot be reached", failure.getMessage());
    }
}
