package io.millrace.block.known;

import io.millrace.model.FileVersion;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;

/**
 * Keeps known files over a restart: one file, written beside and renamed. What is lost with it is
 * known again when it is asked for; a file that cannot be read is as good as none.
 *
 * <p>Version 1, big-endian: magic, version; count of directories, each with mount id, length and
 * UTF-8; count of files, each with version (16 bytes), index of the directory, hash of the name,
 * time in ms, heat; CRC32C of all before it.
 */
public final class KnownFilesFile {

    private static final Logger LOG = System.getLogger(KnownFilesFile.class.getName());
    private static final int MAGIC = 0x4d_4c_4b_46;
    private static final int VERSION = 1;
    private static final int LONGEST_PATH = 4_096;
    private static final int BUFFER = 1 << 16;

    private final Path file;

    /**
     * @param file is written beside as {@code .tmp} first
     */
    public KnownFilesFile(Path file) {
        this.file = file;
    }

    /** Takes over what was saved; nothing when there is none, or it is damaged. */
    public void restore(KnownFiles known) {
        try {
            known.restore(read());
        } catch (NoSuchFileException e) {
            LOG.log(Level.DEBUG, "known-files: none at {0}", file);
        } catch (IOException e) {
            LOG.log(
                    Level.WARNING,
                    "known-files: {0} is not used: {1}; files are known again when they are asked"
                            + " for",
                    file,
                    e.getMessage());
        }
    }

    /**
     * Saves all that is known. When it fails, what was saved before stays.
     *
     * @throws IOException when the disk does not take it
     */
    public void save(KnownFiles known) throws IOException {
        Path beside = file.resolveSibling(file.getFileName() + ".tmp");
        try (FileChannel channel =
                FileChannel.open(
                        beside,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            CRC32C sum = new CRC32C();
            DataOutputStream out =
                    new DataOutputStream(
                            new CheckedOutputStream(
                                    new BufferedOutputStream(
                                            java.nio.channels.Channels.newOutputStream(channel),
                                            BUFFER),
                                    sum));
            write(known.list(), out);
            out.writeInt((int) sum.getValue());
            out.flush();
            channel.force(false);
        }
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void write(List<KnownFiles.Known> known, DataOutputStream out)
            throws IOException {
        Map<Directory, Integer> indexes = new HashMap<>();
        List<Directory> directories = new ArrayList<>();
        for (KnownFiles.Known each : known) {
            if (indexes.putIfAbsent(each.directory(), directories.size()) == null) {
                directories.add(each.directory());
            }
        }
        out.writeInt(MAGIC);
        out.writeInt(VERSION);
        out.writeInt(directories.size());
        for (Directory directory : directories) {
            byte[] path = directory.path().getBytes(StandardCharsets.UTF_8);
            out.writeLong(directory.mountId());
            out.writeInt(path.length);
            out.write(path);
        }
        out.writeInt(known.size());
        for (KnownFiles.Known each : known) {
            out.writeLong(each.version().high());
            out.writeLong(each.version().low());
            out.writeInt(indexes.getOrDefault(each.directory(), 0));
            out.writeInt(each.nameHash());
            out.writeLong(each.askedMillis());
            out.writeDouble(each.heat());
        }
    }

    private List<KnownFiles.Known> read() throws IOException {
        CRC32C sum = new CRC32C();
        try (DataInputStream in =
                new DataInputStream(
                        new CheckedInputStream(
                                new BufferedInputStream(Files.newInputStream(file), BUFFER),
                                sum))) {
            if (in.readInt() != MAGIC || in.readInt() != VERSION) {
                throw new IOException("it is of no version this worker knows");
            }
            List<Directory> directories = new ArrayList<>();
            int count = in.readInt();
            for (int i = 0; i < count; i++) {
                long mount = in.readLong();
                int length = in.readInt();
                if (length < 0 || length > LONGEST_PATH) {
                    throw new IOException("it is damaged: a path of " + length + " bytes");
                }
                byte[] path = in.readNBytes(length);
                directories.add(new Directory(mount, new String(path, StandardCharsets.UTF_8)));
            }
            int files = in.readInt();
            List<KnownFiles.Known> known = new ArrayList<>();
            for (int i = 0; i < files; i++) {
                FileVersion version = new FileVersion(in.readLong(), in.readLong());
                int index = in.readInt();
                if (index < 0 || index >= directories.size()) {
                    throw new IOException("it is damaged: directory " + index);
                }
                known.add(
                        new KnownFiles.Known(
                                version,
                                directories.get(index),
                                in.readInt(),
                                in.readLong(),
                                in.readDouble()));
            }
            int expected = (int) sum.getValue();
            if (in.readInt() != expected) {
                throw new IOException("its checksum is wrong");
            }
            return known;
        }
    }
}
