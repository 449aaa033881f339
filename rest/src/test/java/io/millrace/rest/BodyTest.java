package io.millrace.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class BodyTest {

    private static final String EXAMPLE = "{\"path\": \"/data\"}";

    private static final ObjectMapper JSON = new ObjectMapper();

    record Order(@Nullable String path, @Nullable Long bytes, List<Bounds> bounds) {}

    record Bounds(@Nullable Integer most) {}

    @Test
    void readsWhatIsGiven() {
        Order order = read("{\"path\": \"/a\", \"bytes\": 7, \"bounds\": [{\"most\": 2}]}");
        assertEquals(new Order("/a", 7L, List.of(new Bounds(2))), order);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " \n"})
    void anEmptyBodyIsSaid(@Nullable String body) {
        assertRefused(body, "it is empty");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {"paths": "/a"}               | there is no field 'paths'; known are
                    {"bounds": [{"mosst": 1}]}    | there is no field 'mosst'
                    {"bytes": 1.5}                | 'bytes' cannot be that
                    {"bytes": "many"}             | 'bytes' cannot be that
                    {"bounds": [{"most": {}}]}    | 'bounds.most' cannot be that
                    [1]                           | it is something else
                    null                          | it is null
                    {"path": "/a"} {"path": "/b"} | it is something else
                    {"path": "/a"                 | end-of-input
                    """)
    void nothingIsGuessed(String body, String why) {
        assertRefused(body, why);
    }

    private static void assertRefused(@Nullable String body, String why) {
        MillraceException refused = assertThrows(MillraceException.class, () -> read(body));
        assertEquals(ErrorCode.INVALID_ARGUMENT, refused.code());
        String said = refused.getMessage();
        assertTrue(said.startsWith("the body is not a JSON object as " + EXAMPLE), said);
        assertTrue(said.contains(why), said);
    }

    private static Order read(@Nullable String body) {
        return Body.read(JSON, body, Order.class, EXAMPLE);
    }
}
