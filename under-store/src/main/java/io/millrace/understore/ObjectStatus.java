package io.millrace.understore;

import io.millrace.model.ObjectAttributes;
import java.time.Instant;

/**
 * What a store says of one object.
 *
 * @param key relative to the root of the store
 * @param objectVersion the ETag as given; modification time and length where there is none, as of a
 *     local path. Never empty
 * @param length in bytes
 * @param modified by the store's clock
 * @param attributes what the object's own metadata says; none in listings, which do not tell it
 */
public record ObjectStatus(
        String key,
        String objectVersion,
        long length,
        Instant modified,
        ObjectAttributes attributes) {

    /** Of an object whose metadata is not known. */
    public ObjectStatus(String key, String objectVersion, long length, Instant modified) {
        this(key, objectVersion, length, modified, ObjectAttributes.NONE);
    }

    public ObjectStatus withAttributes(ObjectAttributes attributes) {
        return new ObjectStatus(key, objectVersion, length, modified, attributes);
    }
}
