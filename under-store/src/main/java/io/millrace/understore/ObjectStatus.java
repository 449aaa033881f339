package io.millrace.understore;

import java.time.Instant;

/**
 * What a store says of one object.
 *
 * @param key relative to the root of the store
 * @param objectVersion the ETag as given; modification time and length where there is none, as of a
 *     local path. Never empty
 * @param length in bytes
 * @param modified by the store's clock
 */
public record ObjectStatus(String key, String objectVersion, long length, Instant modified) {}
