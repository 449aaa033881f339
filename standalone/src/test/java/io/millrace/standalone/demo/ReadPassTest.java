package io.millrace.standalone.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReadPassTest {

    private final DataSet data = new DataSet(20, 3, 1, (3 << 20) + 5, 42);

    @TempDir Path directory;

    @BeforeEach
    void write() throws IOException {
        for (DataSet.File file : data.files()) {
            Path path = directory.resolve(file.path());
            Files.createDirectories(directory.resolve(file.path().replaceAll("/[^/]*$", "")));
            try (InputStream content = data.content(file)) {
                Files.copy(content, path);
            }
        }
    }

    @Test
    void content_is_the_same_however_it_is_asked_for() throws IOException {
        for (DataSet.File file : data.files()) {
            byte[] whole = Files.readAllBytes(directory.resolve(file.path()));
            assertEquals(file.length(), whole.length);
            byte[] end = new byte[whole.length - 4096];
            data.fill(file, 4096, end, end.length);
            assertArrayEquals(Arrays.copyOfRange(whole, 4096, whole.length), end, file.path());
            CRC32C sum = new CRC32C();
            sum.update(whole);
            assertEquals(sum.getValue(), data.checksum(file), file.path());
        }
    }

    @Test
    void what_is_as_it_was_made_is_right() {
        for (ReadPass pass : passes()) {
            ReadPass.Result result = pass.run(new MountReading(directory), count -> {});
            assertEquals(List.of(), result.wrong());
            assertEquals(20, result.small().files());
            assertEquals(1, result.shards().files());
            assertEquals(data.bytes(), result.small().bytes() + result.shards().bytes());
        }
    }

    @Test
    void one_changed_bit_is_found() throws IOException {
        Path shard = directory.resolve("shards/shard-00.bin");
        byte[] bytes = Files.readAllBytes(shard);
        bytes[bytes.length - 1] ^= 1;
        Files.write(shard, bytes);
        for (ReadPass pass : passes()) {
            List<String> wrong = pass.run(new MountReading(directory), count -> {}).wrong();
            assertEquals(1, wrong.size(), wrong.toString());
            assertTrue(wrong.getFirst().startsWith("shards/shard-00.bin: other bytes"));
        }
    }

    @Test
    void a_short_and_a_missing_file_are_found() throws IOException {
        List<DataSet.File> files = data.files();
        Files.delete(directory.resolve(files.get(3).path()));
        Path shorter = directory.resolve(files.get(4).path());
        byte[] bytes = Files.readAllBytes(shorter);
        Files.write(shorter, Arrays.copyOf(bytes, bytes.length - 1));
        for (ReadPass pass : passes()) {
            assertEquals(2, pass.run(new MountReading(directory), count -> {}).wrong().size());
        }
    }

    private List<ReadPass> passes() {
        Map<Integer, Long> sums = new HashMap<>();
        data.files().forEach(file -> sums.put(file.number(), data.checksum(file)));
        return List.of(ReadPass.checkingSums(data, sums, 4), ReadPass.comparingBytes(data, 2));
    }
}
