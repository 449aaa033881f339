package io.millrace.standalone.cluster;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** Reads the end of a log file. */
final class LogTail {

    private static final int TAIL_BYTES = 16 * 1024;

    private LogTail() {}

    static boolean contains(Path log, String text) {
        try {
            return Files.exists(log) && read(log).contains(text);
        } catch (IOException e) {
            return false;
        }
    }

    /** The last lines, at most {@code count}; empty when the file cannot be read. */
    static List<String> lines(Path log, int count) {
        try {
            List<String> lines = read(log).lines().toList();
            return lines.subList(Math.max(0, lines.size() - count), lines.size());
        } catch (IOException e) {
            return List.of();
        }
    }

    private static String read(Path log) throws IOException {
        try (FileChannel channel = FileChannel.open(log, StandardOpenOption.READ)) {
            long size = channel.size();
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(size, TAIL_BYTES));
            long position = size - bytes.capacity();
            while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) >= 0) {
                // Until the buffer is full or the file ends.
            }
            return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
        }
    }
}
