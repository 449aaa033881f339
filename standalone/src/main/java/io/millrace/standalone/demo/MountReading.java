package io.millrace.standalone.demo;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Reads through a directory, with nothing but the operating system's own calls.
 *
 * @param directory in which the data set lies
 */
public record MountReading(Path directory) implements FileReading {

    @Override
    public Open open(String path) throws IOException {
        FileChannel channel = FileChannel.open(directory.resolve(path), StandardOpenOption.READ);
        return new Open() {
            @Override
            public int read(ByteBuffer target) throws IOException {
                return channel.read(target);
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
