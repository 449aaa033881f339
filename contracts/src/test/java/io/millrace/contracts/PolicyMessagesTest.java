package io.millrace.contracts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.contracts.v1.PolicyTable;
import io.millrace.model.ByteCount;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import io.millrace.model.PathPolicies;
import io.millrace.model.PathPolicy;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PolicyMessagesTest {

    @Test
    void aTableComesBackAsItWas() {
        Map<NamespacePath, PathPolicy> byPath = new HashMap<>();
        for (PathPolicy.Eviction eviction : PathPolicy.Eviction.values()) {
            byPath.put(
                    NamespacePath.parse("/data/" + eviction.text()),
                    new PathPolicy(null, Duration.ofDays(1), 2, null, 0, eviction));
        }
        byPath.put(
                NamespacePath.parse("/data"),
                new PathPolicy(true, null, null, new ByteCount(1L << 50), null, null));
        PathPolicies policies = new PathPolicies(byPath);

        assertEquals(policies, Messages.fromMessage(Messages.toMessage(policies)));
    }

    @Test
    void anEvictionOfANewerVersionLeavesTheRestAsItIs() {
        var message =
                io.millrace.contracts.v1.PathPolicy.newBuilder()
                        .setPath("/data")
                        .setPinned(true)
                        .setEvictionValue(99)
                        .build();

        assertEquals(
                new PathPolicy(true, null, null, null, null, null), Messages.fromMessage(message));
    }

    @Test
    void whatIsOutOfBoundsIsRefused() {
        var message = io.millrace.contracts.v1.PathPolicy.newBuilder().setPath("/data");
        for (var bad :
                new io.millrace.contracts.v1.PathPolicy[] {
                    message.clone().setReplicas(17).build(),
                    message.clone().setQuotaBytes(-1).build(),
                    message.clone().setTtlMillis(-1).build(),
                    message.clone().setPriority(-1).build(),
                    message.clone().setPinned(false).build(),
                    message.clone().setPath("data").build(),
                }) {
            MillraceException refused =
                    assertThrows(
                            MillraceException.class,
                            () ->
                                    Messages.fromMessage(
                                            PolicyTable.newBuilder().addPolicies(bad).build()),
                            bad::toString);
            assertEquals(ErrorCode.INVALID_ARGUMENT, refused.code());
        }
    }
}
