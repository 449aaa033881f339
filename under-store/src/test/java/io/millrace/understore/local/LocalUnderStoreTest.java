package io.millrace.understore.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.understore.UnderStore;
import io.millrace.understore.UnderStore.Depth;
import io.millrace.understore.UnderStoreConformance;
import io.millrace.understore.UnderStoreSettings;
import io.millrace.understore.UnderStores;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalUnderStoreTest extends UnderStoreConformance {

    @TempDir Path directory;

    @Override
    protected UnderStore open() throws IOException {
        Files.createDirectory(root());
        return UnderStores.open(settings(root().toUri()));
    }

    @Override
    protected void put(String key, byte[] content) throws IOException {
        Path file = root().resolve(key);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
    }

    @Override
    protected void delete(String key) throws IOException {
        Files.delete(root().resolve(key));
    }

    private Path root() {
        return directory.resolve("root");
    }

    private static UnderStoreSettings settings(URI uri) {
        return new UnderStoreSettings(uri, "", "", true, "", UnderStoreSettings.Limits.DEFAULT);
    }

    @Test
    void linksThatLeaveTheRootAreNotThere() throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), "secret");
        Files.createDirectory(directory.resolve("outside"));
        Files.writeString(directory.resolve("outside/x"), "x");
        Files.createSymbolicLink(root().resolve("file"), secret);
        Files.createSymbolicLink(root().resolve("dir"), directory.resolve("outside"));
        Files.createSymbolicLink(root().resolve("round"), root().resolve("round"));
        for (String key : List.of("file", "dir", "dir/x", "round")) {
            assertTrue(store.stat(key).isEmpty(), key);
            MillraceException e =
                    assertThrows(
                            MillraceException.class,
                            () -> store.read(key, "1", new ByteRange(0, 1)));
            assertEquals(ErrorCode.NOT_FOUND, e.code());
        }
        assertEquals(List.of(), all("", Depth.ALL_LEVELS, 10));
        assertEquals(List.of(), all("dir/", Depth.ONE_LEVEL, 10));
    }

    @Test
    void aLinkToAFileBelowTheRootIsThatFile() throws Exception {
        put("blobs/1", content(20, 1));
        Files.createSymbolicLink(root().resolve("link"), Path.of("blobs/1"));
        assertEquals(20, store.stat("link").orElseThrow().length());
        assertEquals(20, read("link", ByteRange.whole(20)).length);
        assertEquals(List.of("blobs/1", "link"), all("", Depth.ALL_LEVELS, 10));
    }

    @Test
    void aWriteInPlaceFailsTheOpenStream() throws Exception {
        put("k", content(1 << 20, 1));
        try (InputStream in = store.read("k", version("k"), ByteRange.whole(1 << 20))) {
            in.readNBytes(100);
            put("k", content(1 << 20, 2));
            assertThrows(IOException.class, () -> in.readNBytes(100));
        }
    }

    @Test
    void whatIsNoFileIsNotShown() throws Exception {
        put("k", content(1, 1));
        new ProcessBuilder("mkfifo", root().resolve("pipe").toString()).start().waitFor();
        assertTrue(Files.exists(root().resolve("pipe")));
        assertEquals(List.of("k"), all("", Depth.ALL_LEVELS, 10));
        assertTrue(store.stat("pipe").isEmpty());
    }

    @Test
    void aDirectoryFilledAgainIsListedAnew() throws Exception {
        put("d/a", content(1, 1));
        assertEquals(List.of("d/a"), all("d/", Depth.ONE_LEVEL, 10));
        put("d/b", content(1, 1));
        assertEquals(List.of("d/a", "d/b"), all("d/", Depth.ONE_LEVEL, 10));
        delete("d/a");
        assertEquals(List.of("d/b"), all("d/", Depth.ONE_LEVEL, 10));
    }

    @Test
    void aMissingRootIsNamed() {
        MillraceException e =
                assertThrows(
                        MillraceException.class,
                        () -> UnderStores.open(settings(directory.resolve("nowhere").toUri())));
        assertEquals(ErrorCode.NOT_FOUND, e.code());
        assertTrue(e.getMessage().contains("nowhere"));
    }

    @Test
    void anUnknownSchemeIsRefused() {
        MillraceException e =
                assertThrows(
                        MillraceException.class,
                        () -> UnderStores.open(settings(URI.create("gs://bucket/"))));
        assertEquals(ErrorCode.INVALID_ARGUMENT, e.code());
        assertTrue(e.getMessage().contains("gs://bucket/"));
    }
}
