package io.millrace.agent.fuse.jnr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.agent.fuse.FuseBinding;
import io.millrace.agent.fuse.FuseBindingSuite;
import io.millrace.agent.fuse.FuseOptions;
import io.millrace.agent.fuse.ReadPolicy;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class JnrFuseBindingTest extends FuseBindingSuite {

    @BeforeAll
    static void needsLibfuse() {
        String reason = "";
        try (Arena arena = Arena.ofConfined()) {
            var _ = SymbolLookup.libraryLookup("libfuse.so.2", arena);
        } catch (IllegalArgumentException e) {
            reason = "libfuse2 is not installed";
            System.out.println("SKIPPED JnrFuseBindingTest: " + reason);
        }
        assumeTrue(reason.isEmpty(), reason);
    }

    @Override
    protected FuseBinding binding() {
        return new JnrFuseBinding();
    }

    @Override
    protected Identity identity() {
        return Identity.PATHS;
    }

    @Test
    void whatItReadsIsSaid() {
        assertEquals(ReadPolicy.DIRECT, mount.reading().policy());
        assertTrue(mount.reading().reason().contains("libfuse2"), mount.reading().reason());
    }

    @ParameterizedTest
    @EnumSource(
            value = ReadPolicy.class,
            names = {"PASSTHROUGH", "NO_OPEN"})
    void aReadPolicyThatItCannotDoIsRefused(ReadPolicy policy) {
        FuseOptions options = FuseOptions.at(mountPoint).toBuilder().readPolicy(policy).build();
        MillraceException refused =
                assertThrows(MillraceException.class, () -> binding().check(options));
        assertEquals(ErrorCode.INVALID_ARGUMENT, refused.code());
        assertTrue(refused.getMessage().contains("--binding direct"), refused.getMessage());
    }
}
