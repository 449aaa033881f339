package io.millrace.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteCountTest {

    @ParameterizedTest
    @CsvSource({
        "4096, 4096",
        "64MiB, 67108864",
        "1.5 GB, 1500000000",
        "2g, 2000000000",
        "1Ki, 1024"
    })
    void itReadsWhatPeopleWrite(String text, long bytes) {
        assertEquals(bytes, ByteCount.parse(text).bytes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "lots", "-1", "5i", "10XB", "99999999P"})
    void whatIsNoByteCountIsRefused(String text) {
        assertThrows(MillraceException.class, () -> ByteCount.parse(text));
    }

    @ParameterizedTest
    @CsvSource({"0, 0 B", "1023, 1023 B", "1024, 1 KiB", "1610612736, 1.5 GiB", "1048575, 1 MiB"})
    void itShowsAtMostOneDecimal(long bytes, String shown) {
        assertEquals(shown, new ByteCount(bytes).toString());
    }
}
