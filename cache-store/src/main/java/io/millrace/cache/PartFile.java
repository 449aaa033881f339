package io.millrace.cache;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** The data file of a file that is incomplete: sparse, of the length it will have. */
final class PartFile {

    private PartFile() {}

    /** Directories are made when they turn out not to be there: most are. */
    static FileChannel create(Path part, long length) throws IOException {
        try {
            return open(part, length);
        } catch (FileNotFoundException e) {
            Files.createDirectories(part.getParent());
            return open(part, length);
        }
    }

    static FileChannel open(Path part, long length) throws IOException {
        RandomAccessFile file = new RandomAccessFile(part.toFile(), "rw");
        try {
            if (file.length() != length) {
                file.setLength(length);
            }
            return file.getChannel();
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }
}
