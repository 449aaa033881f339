package io.millrace.block.fill;

import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;

/** Hears which files are asked for. Called on hot paths: notes and returns. */
public interface FileObserver {

    /** A user begins to read a range. */
    void read(FileVersion version, FileSource source);

    /** A range is to be made resident. */
    void loaded(FileVersion version, FileSource source);

    /** Hears nothing. */
    FileObserver NONE =
            new FileObserver() {
                @Override
                public void read(FileVersion version, FileSource source) {}

                @Override
                public void loaded(FileVersion version, FileSource source) {}
            };
}
