package io.millrace.understore.s3;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.net.URI;

/**
 * A bucket and the prefix in it under which a store is rooted.
 *
 * @param name of the bucket
 * @param prefix empty, or ending in {@code /}
 */
record Bucket(String name, String prefix) {

    static Bucket parse(URI uri) {
        String name = uri.getAuthority();
        if (name == null || name.isEmpty() || name.contains("@") || name.contains(":")) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "no bucket in '" + uri + "' (as s3://bucket/prefix/)");
        }
        String path = uri.getPath() == null ? "" : uri.getPath();
        String prefix = path.startsWith("/") ? path.substring(1) : path;
        return new Bucket(name, prefix.isEmpty() || prefix.endsWith("/") ? prefix : prefix + "/");
    }

    String absolute(String key) {
        return prefix + key;
    }

    String relative(String absolute) {
        return absolute.substring(prefix.length());
    }

    String describe(String key) {
        return "s3://" + name + "/" + prefix + key;
    }
}
