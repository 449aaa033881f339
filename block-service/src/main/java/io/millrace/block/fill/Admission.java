package io.millrace.block.fill;

import io.millrace.model.FileSource;
import java.util.Optional;

/** Whether a path may take more of the cache. Called on hot paths by many threads. */
public interface Admission {

    /** Takes {@code bytes} of what the file's path may occupy; false: that is used up. */
    boolean take(FileSource source, long bytes);

    /** What of the file's path is used up, in words; empty: nothing. */
    Optional<String> refusal(FileSource source);

    /** Refuses nothing. */
    Admission ALL =
            new Admission() {
                @Override
                public boolean take(FileSource source, long bytes) {
                    return true;
                }

                @Override
                public Optional<String> refusal(FileSource source) {
                    return Optional.empty();
                }
            };
}
