package io.millrace.model;

import static java.util.Objects.requireNonNull;

/**
 * One object of an under store at one version: what is needed to fetch its bytes, and to name them.
 *
 * @param mountId the mount whose under store holds the object; greater than 0
 * @param key relative to the root of that under store, without a leading {@code /}
 * @param objectVersion the ETag as the store gave it, a version id, or modification time and size
 *     of a local file
 * @param length in bytes; 0 or more
 */
public record FileSource(long mountId, String key, String objectVersion, long length) {

    public FileSource {
        requireNonNull(key);
        requireNonNull(objectVersion);
        if (mountId <= 0) {
            throw new IllegalArgumentException("mount id " + mountId + " is not positive");
        }
        if (key.isEmpty() || key.startsWith("/")) {
            throw new IllegalArgumentException(
                    "key '" + key + "' is empty or starts with '/': it must be relative");
        }
        if (length < 0) {
            throw new IllegalArgumentException("length " + length + " of " + key + " is negative");
        }
    }

    /** Computes the name of these bytes; keep the result where it is asked for often. */
    public FileVersion fileVersion() {
        return FileVersion.of(this);
    }
}
