package io.millrace.understore.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.model.ObjectAttributes;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is understood of the metadata that s3fs and rclone write, and what is not. */
class AttributeMetadataTest {

    private static ObjectAttributes of(String name, @Nullable String value) {
        return AttributeMetadata.of("s3://bucket/key", Map.of(name, value == null ? "" : value));
    }

    @Test
    void allFourAreReadWhateverTheCaseOfTheirNames() {
        assertEquals(
                new ObjectAttributes(1000L, 100L, 0640, 1_700_000_000_500L),
                AttributeMetadata.of(
                        "s3://bucket/key",
                        Map.of(
                                "Uid", "1000",
                                "gid", "100",
                                "MODE", "33184",
                                "mtime", "1700000000.5",
                                "md5chksum", "x")));
    }

    @Test
    void aBadValueTakesNoneOfTheOthersWithIt() {
        Map<String, String> metadata = new HashMap<>(Map.of("uid", "root", "gid", "7"));
        metadata.put("mode", "rw-r--r--");

        assertEquals(
                new ObjectAttributes(null, 7L, null, null),
                AttributeMetadata.of("s3://bucket/key", metadata));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1000, 1000",
        "4294967294, 4294967294",
        "4294967295,",
        "9999999999,",
        "99999999999,",
        "-1,",
        "+1,",
        "0x10,",
        "010,",
        "1.0,",
        "root,",
        "'',",
        "' 1',"
    })
    void ids(@Nullable String text, @Nullable Long id) {
        assertEquals(new ObjectAttributes(id, null, null, null), of("uid", text));
        assertEquals(new ObjectAttributes(null, id, null, null), of("gid", text));
    }

    @ParameterizedTest
    @CsvSource({
        // s3fs: st_mode in decimal
        "33188, 644",
        "33152, 600",
        "33279, 777",
        "32768, 000",
        "36863, 777", // 0107777: setuid, setgid and sticky go
        "36864,",
        "16877,", // a directory
        "41471,", // a symbolic link
        // rclone: st_mode in octal
        "100644, 644",
        "0100644, 644",
        "100755, 755",
        "0104755, 755",
        "102755, 755",
        "107777, 777",
        "040755,", // a directory
        "40755,",
        "0120777,",
        "120777,",
        // permissions alone, in octal for sure
        "0644, 644",
        "01777, 777",
        "0000, 000",
        // no base for sure, or no mode
        "644,",
        "420,",
        "0,",
        "00,",
        "0648,",
        "100648,",
        "0o644,",
        "-33188,",
        "33188.0,",
        "99999,",
        "00100644,",
        "999999999999999999999,",
        "'',"
    })
    void modes(@Nullable String text, @Nullable String permissions) {
        assertEquals(
                new ObjectAttributes(
                        null,
                        null,
                        permissions == null ? null : Integer.valueOf(permissions, 8),
                        null),
                of("mode", text));
    }

    @ParameterizedTest
    @CsvSource({
        "1700000000, 1700000000000",
        "1700000000.5, 1700000000500",
        "1700000000.123456789, 1700000000123",
        "1700000000.000999999, 1700000000000",
        "0, 0",
        "0.007, 7",
        "253402300799.999999999, 253402300799999",
        "253402300800,",
        "9999999999999,",
        "1700000000.,",
        "1700000000.1234567890,",
        ".5,",
        "-1,",
        "1e9,",
        "2023-11-14T22:13:20Z, 1700000000000",
        "2023-11-14T22:13:20.123456789Z, 1700000000123",
        "2023-11-14T23:13:20.5+01:00, 1700000000500",
        "1969-12-31T23:59:59Z,",
        "+10000-01-01T00:00:00Z,",
        "2023-11-14T22:13:20,",
        "2023-11-14,",
        "yesterday,",
        "'',"
    })
    void times(@Nullable String text, @Nullable Long millis) {
        assertEquals(new ObjectAttributes(null, null, null, millis), of("mtime", text));
    }
}
