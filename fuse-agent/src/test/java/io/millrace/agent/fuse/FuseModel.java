package io.millrace.agent.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Random changes behind a mount and random looks through it, compared with a map of what is. */
final class FuseModel {

    private record File(long seed, long length) {}

    private record Open(File file, FileChannel channel) {}

    private static final int NAMES = 12;
    private static final int DIRECTORIES = 3;
    private static final int OPEN_FILES = 20;

    private final Random random;
    private final ReferenceFileSystem files;
    private final FuseMount mount;
    private final Path mountPoint;
    private final ReferenceFileSystem.Node[] directories =
            new ReferenceFileSystem.Node[DIRECTORIES];
    private final Map<Path, File> model = new TreeMap<>();

    /** Files that stay what they were when they were opened. */
    private final ArrayDeque<Open> open = new ArrayDeque<>();

    FuseModel(long seed, ReferenceFileSystem files, FuseMount mount, Path mountPoint) {
        this.random = new Random(seed);
        this.files = files;
        this.mount = mount;
        this.mountPoint = mountPoint;
        for (int i = 0; i < DIRECTORIES; i++) {
            directories[i] = files.directory(files.root(), "d" + i);
        }
    }

    void run(int steps) throws Exception {
        try {
            steps(steps);
        } finally {
            for (Open file : open) {
                file.channel().close();
            }
        }
    }

    private void steps(int steps) throws Exception {
        for (int i = 0; i < steps; i++) {
            files.pace =
                    random.nextBoolean()
                            ? ReferenceFileSystem.Pace.AT_ONCE
                            : ReferenceFileSystem.Pace.BY_WAITING;
            step();
        }
    }

    private void step() throws Exception {
        int directory = random.nextInt(DIRECTORIES);
        Path path = mountPoint.resolve("d" + directory).resolve("f" + random.nextInt(NAMES));
        String name = path.getFileName().toString();
        switch (random.nextInt(10)) {
            case 0 -> {
                File file = new File(random.nextLong(), random.nextInt(200_000));
                var _ = files.file(directories[directory], name, file.length(), file.seed());
                model.put(path, file);
                changed(directory, name);
            }
            case 1 -> {
                files.remove(directories[directory], name);
                model.remove(path);
                changed(directory, name);
            }
            case 2 -> list(mountPoint.resolve("d" + directory));
            case 3 -> mount.invalidateAll();
            case 4 -> rename(directory, name);
            case 5 -> open(path);
            case 6 -> lookAtAnOpenFile();
            default -> look(path);
        }
    }

    private void changed(int directory, String name) throws Exception {
        mount.invalidateEntry(directories[directory].id, name);
        Path path = mountPoint.resolve("d" + directory).resolve(name);
        File expected = model.get(path);
        Mounts.await(
                "the change of " + path + " to " + expected + " is seen",
                () -> {
                    try {
                        long length = Files.size(path);
                        return expected != null && length == expected.length();
                    } catch (IOException e) {
                        return expected == null && e instanceof NoSuchFileException;
                    }
                });
    }

    /** As a bucket renames: what was there is elsewhere, under another name. */
    private void rename(int directory, String name) throws Exception {
        Path from = mountPoint.resolve("d" + directory).resolve(name);
        File file = model.remove(from);
        if (file == null) {
            return;
        }
        files.remove(directories[directory], name);
        int target = random.nextInt(DIRECTORIES);
        String newName = "f" + random.nextInt(NAMES);
        var _ = files.file(directories[target], newName, file.length(), file.seed());
        model.put(mountPoint.resolve("d" + target).resolve(newName), file);
        changed(directory, name);
        changed(target, newName);
    }

    private void open(Path path) throws IOException {
        File file = model.get(path);
        if (file == null) {
            return;
        }
        open.addLast(new Open(file, FileChannel.open(path)));
        if (open.size() > OPEN_FILES) {
            open.removeFirst().channel().close();
        }
    }

    private void lookAtAnOpenFile() throws IOException {
        Open file = open.pollFirst();
        if (file != null) {
            open.addLast(file);
            long offset = random.nextLong(file.file().length() + 1);
            MountedFileSystem.checkRange(
                    file.channel(),
                    file.file().seed(),
                    file.file().length(),
                    offset,
                    random.nextInt(50_000) + 1);
        }
    }

    private void look(Path path) throws IOException {
        File file = model.get(path);
        if (file == null) {
            assertThrows(NoSuchFileException.class, () -> Files.size(path));
            return;
        }
        assertEquals(file.length(), Files.size(path));
        long offset = random.nextLong(file.length() + 1);
        MountedFileSystem.checkRange(
                path, file.seed(), file.length(), offset, random.nextInt(100_000) + 1);
    }

    private void list(Path directory) throws IOException {
        assertEquals(
                model.keySet().stream()
                        .filter(path -> path.startsWith(directory))
                        .collect(Collectors.toSet()),
                java.util.Set.copyOf(MountedFileSystem.list(directory)));
    }
}
