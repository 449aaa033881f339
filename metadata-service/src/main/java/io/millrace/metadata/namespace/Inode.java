package io.millrace.metadata.namespace;

import io.millrace.model.FileSource;
import io.millrace.model.ObjectAttributes;

/** What a name stands for. */
public sealed interface Inode {

    /** The root of the namespace. */
    long ROOT_ID = 1;

    /** Never used again for another path. */
    long id();

    long parentId();

    String name();

    /**
     * Of a file: what its object's metadata says, where that is read and says it, else by the
     * bucket's clock. Of a directory: when it was first seen.
     */
    long modifiedMillis();

    /**
     * @param source the object behind it, at the version last seen
     * @param attributes what the object's metadata says, where the mount reads it
     */
    record File(
            long id,
            long parentId,
            String name,
            long modifiedMillis,
            FileSource source,
            ObjectAttributes attributes)
            implements Inode {}

    /**
     * @param mountId 0: above all mounts
     * @param key of the directory in the bucket, without its last {@code /}; empty: the mount's
     *     root
     * @param listedMillis when the listing that was last completed began; -1: never
     * @param listedNumber of that listing: a greater one began later; 0: not known
     */
    record Directory(
            long id,
            long parentId,
            String name,
            long modifiedMillis,
            long mountId,
            String key,
            long listedMillis,
            long listedNumber)
            implements Inode {

        /** Above all mounts: its entries come from the mount table. */
        boolean isAboveMounts() {
            return mountId == 0;
        }

        /** What keys of its entries start with. */
        String prefix() {
            return key.isEmpty() ? "" : key + "/";
        }

        String keyOf(String entry) {
            return prefix() + entry;
        }
    }
}
