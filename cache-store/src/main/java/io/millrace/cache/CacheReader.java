package io.millrace.cache;

import io.millrace.model.FileVersion;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Read-only sight of cache directories on this host, for those who do not own them. Safe for many
 * threads.
 */
public interface CacheReader extends AutoCloseable {

    /**
     * Opens what is resident of a file: the complete file, or one that is still being filled. Costs
     * a few system calls and no message. Empty when nothing is resident.
     *
     * @param length what the file's length must be; a cache file that says otherwise is not used
     */
    Optional<ResidentFile> open(FileVersion version, long length);

    /**
     * Under which names a complete file lies, if it does: one for each directory that can be
     * believed. What is there under its name is the whole file.
     */
    List<String> names(FileVersion version);

    /** Where it looks. */
    List<Path> directories();

    @Override
    void close();
}
