package io.millrace.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LimitTest {

    @ParameterizedTest
    @CsvSource({",100", "'',100", "1,1", "500,500"})
    void readsWhatIsWithinTheBounds(@Nullable String asked, int limit) {
        assertEquals(limit, Limit.parse(asked, 100, 500));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "501", "2147483648", "1e2", " 5"})
    void refusesTheRestAndSaysTheBounds(String asked) {
        MillraceException refused =
                assertThrows(MillraceException.class, () -> Limit.parse(asked, 100, 500));
        assertEquals(ErrorCode.INVALID_ARGUMENT, refused.code());
        assertEquals(
                "limit '" + asked + "' is not a number within 1 and 500", refused.getMessage());
    }
}
