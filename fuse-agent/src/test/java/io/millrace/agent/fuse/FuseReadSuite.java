package io.millrace.agent.fuse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.model.ErrorCode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every binding must do with open files and their bytes. */
public abstract class FuseReadSuite extends MountedFileSystem {

    @Test
    void manyReadersSeeEveryByteInPlace() throws Exception {
        readWithManyReaders();
    }

    @Test
    void manyReadersSeeEveryByteInPlaceWhenEachReadWaits() throws Exception {
        files.pace = ReferenceFileSystem.Pace.BY_WAITING;
        readWithManyReaders();
    }

    private void readWithManyReaders() throws Exception {
        int count = 50;
        int readersAtOnce = 200;
        for (int i = 0; i < count; i++) {
            files.file(files.root(), "file-" + i, 1_500_000 + 7L * i, i);
        }
        List<Callable<Void>> readers = new ArrayList<>();
        for (int i = 0; i < readersAtOnce; i++) {
            int reader = i;
            readers.add(() -> {
                Random random = new Random(reader);
                for (int read = 0; read < 10; read++) {
                    int file = random.nextInt(count);
                    long length = 1_500_000 + 7L * file;
                    long offset = random.nextLong(length);
                    int bytes = 1 + random.nextInt(100_000);
                    checkRange(mountPoint.resolve("file-" + file), file, length, offset, bytes);
                }
                return null;
            });
        }
        try (ExecutorService executor = Executors.newFixedThreadPool(readersAtOnce)) {
            for (Future<Void> done : executor.invokeAll(readers)) {
                done.get();
            }
        }
    }

    @Test
    void aWholeFileIsRead() throws IOException {
        files.file(files.root(), "whole", 5_000_001, 9);
        files.file(files.root(), "empty", 0, 9);
        assertArrayEquals(
                content(9, 0, 5_000_001), Files.readAllBytes(mountPoint.resolve("whole")));
        assertEquals(0, Files.readAllBytes(mountPoint.resolve("empty")).length);
    }

    @Test
    void pagesReadOnceAreNotReadAgain() throws IOException {
        onlyWhere(Identity.NODES);
        files.file(files.root(), "kept", 300_000, 4);
        var _ = Files.readAllBytes(mountPoint.resolve("kept"));
        int before = files.reads.get();
        assertArrayEquals(content(4, 0, 300_000), Files.readAllBytes(mountPoint.resolve("kept")));
        assertEquals(before, files.reads.get());
    }

    @Test
    void failuresHaveTheirErrno() throws IOException {
        files.file(files.root(), "a", 1000, 1);
        assertReadFails(ErrorCode.UNAVAILABLE, "Input/output error");
        assertReadFails(ErrorCode.DEADLINE_EXCEEDED, "Input/output error");
        assertReadFails(ErrorCode.BUSY, "Input/output error");
        assertReadFails(ErrorCode.STALE_VERSION, "Stale file handle");
        assertReadFails(ErrorCode.PERMISSION_DENIED, "Permission denied");
        assertReadFails(ErrorCode.NOT_FOUND, "No such file or directory");
        files.failReads = null;
        assertEquals(1000, Files.readAllBytes(mountPoint.resolve("a")).length);
    }

    private void assertReadFails(ErrorCode failure, String message) {
        files.failReads = failure;
        assertEquals(message, failureOfReading("a"), failure::toString);
    }

    @Test
    void tenThousandFilesAreOpenAtOnce() throws Exception {
        ReferenceFileSystem.Node many = files.directory(files.root(), "many");
        List<FileChannel> open = new ArrayList<>();
        try {
            for (int i = 0; i < 10_000; i++) {
                String name = "f" + i;
                files.file(many, name, 3000 + i, i);
                open.add(FileChannel.open(mountPoint.resolve("many").resolve(name)));
            }
            Random random = new Random(1);
            for (int i = 0; i < 2000; i++) {
                int file = random.nextInt(open.size());
                checkRange(open.get(file), file, 3000 + file, random.nextInt(3000), 100);
            }
        } finally {
            for (FileChannel channel : open) {
                channel.close();
            }
        }
        if (readPolicy() != ReadPolicy.NO_OPEN) {
            Mounts.await("all are released", () -> files.openHandles() == 0);
        }
    }

    @Test
    void namesThatChangeInTheBucketLeaveOpenFilesAsTheyAre() throws Exception {
        ReferenceFileSystem.Node before = files.directory(files.root(), "before");
        files.file(before, "a", 500_000, 1);
        files.file(before, "b", 400_000, 2);
        try (FileChannel a = FileChannel.open(mountPoint.resolve("before/a"));
                FileChannel b = FileChannel.open(mountPoint.resolve("before/b"))) {
            checkRange(a, 1, 500_000, 0, 1000);
            // a and b change places, then the directory has another name.
            files.file(before, "a", 400_000, 2);
            files.file(before, "b", 500_000, 1);
            mount.invalidateEntry(before.id, "a");
            mount.invalidateEntry(before.id, "b");
            Mounts.await("a is b", () -> sizeOf("before/a") == 400_000);
            Mounts.await("b is a", () -> sizeOf("before/b") == 500_000);
            checkRange(mountPoint.resolve("before/a"), 2, 400_000, 0, 400_000);
            files.file(files.directory(files.root(), "after"), "a", 400_000, 2);
            files.remove(files.root(), "before");
            mount.invalidateEntry(FuseFileSystem.ROOT, "before");
            mount.invalidateEntry(FuseFileSystem.ROOT, "after");
            Mounts.await("before is gone", () -> sizeOf("before") == -1);
            checkRange(mountPoint.resolve("after/a"), 2, 400_000, 0, 400_000);
            checkRange(a, 1, 500_000, 0, 500_000);
            checkRange(b, 2, 400_000, 0, 400_000);
        }
    }

    private @Nullable String failureOfReading(String name) {
        return assertThrows(IOException.class, () -> Files.readAllBytes(mountPoint.resolve(name)))
                .getMessage();
    }

    @Test
    void anOpenFileKeepsItsVersion() throws Exception {
        files.file(files.root(), "a", 600_000, 1);
        try (FileChannel old = FileChannel.open(mountPoint.resolve("a"))) {
            checkRange(old, 1, 600_000, 0, 1000);
            files.file(files.root(), "a", 700_000, 2);
            mount.invalidateEntry(FuseFileSystem.ROOT, "a");
            Mounts.await("the new file is seen", () -> sizeOf("a") == 700_000);
            checkRange(mountPoint.resolve("a"), 2, 700_000, 0, 700_000);
            checkRange(old, 1, 600_000, 0, 600_000);
            // By path, stat(2) of an open file shows what lies at its path now.
            assertEquals(identity() == Identity.NODES ? 600_000 : 700_000, old.size());
        }
    }

    @Test
    void handlesAreReleased() throws Exception {
        files.file(files.root(), "a", 1000, 1);
        for (int i = 0; i < 20; i++) {
            var _ = Files.readAllBytes(mountPoint.resolve("a"));
            assertEquals(1, list(mountPoint).size());
        }
        if (readPolicy() == ReadPolicy.NO_OPEN) {
            // The kernel tells of no close: what stands open ends with the mount.
            mount.unmount(Duration.ofSeconds(2));
        }
        Mounts.await("all handles are released", () -> files.openHandles() == 0);
    }
}
