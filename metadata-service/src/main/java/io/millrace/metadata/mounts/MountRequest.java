package io.millrace.metadata.mounts;

import io.millrace.model.BlockLayout;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks to be mounted, checked: where, what, how. Errors never repeat what may be a
 * secret.
 *
 * @param path below the root
 * @param uri {@code s3://bucket/prefix/} or {@code file:///directory/}, ending in {@code /}
 * @param options complete
 */
public record MountRequest(NamespacePath path, URI uri, Mount.Options options) {

    /** Longest age a directory may be given: a week. */
    public static final Duration LONGEST_MAX_AGE = Duration.ofDays(7);

    /** Age a directory may have where events are followed and the mount names none. */
    public static final Duration NET_OF_EVENTS = Duration.ofHours(1);

    /** Largest block: 1 TiB. */
    public static final long LARGEST_BLOCK = 1L << 40;

    private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,254}");
    private static final Pattern CREDENTIALS =
            Pattern.compile(
                    "anonymous|default|profile:[A-Za-z0-9_.@-]{1,128}|file:/[^\\p{Cntrl}]{1,4000}"
                            + "|env:[A-Za-z_][A-Za-z0-9_]{0,127}");

    /**
     * Checks what a client wrote.
     *
     * @param freshness empty: max-age
     * @param maxAgeMillis 0: {@code defaultMaxAge}, or an hour where events are followed
     * @param blockBytes 0: 64 MiB
     * @throws MillraceException INVALID_ARGUMENT, in one sentence, when it can never be mounted
     */
    public static MountRequest parse(
            String path,
            String uri,
            String endpoint,
            String region,
            boolean pathStyle,
            String credentials,
            String freshness,
            long maxAgeMillis,
            long blockBytes,
            boolean directFallback,
            boolean objectAttributes,
            Duration defaultMaxAge) {
        NamespacePath at = NamespacePath.parse(path);
        if (at.isRoot()) {
            throw invalid("a mount cannot be at '/': give it a directory, as /data");
        }
        URI store = uri(uri);
        boolean s3 = "s3".equals(store.getScheme());
        if (!s3 && !(endpoint.isEmpty() && region.isEmpty() && !pathStyle && !objectAttributes)) {
            throw invalid(
                    "endpoint, region, path-style and object-attributes are for s3:// mounts"
                            + " alone");
        }
        if (!region.matches("[a-z0-9-]{0,64}")) {
            throw invalid("region '" + shown(region) + "' is not one, as us-east-1");
        }
        if (!credentials.isEmpty() && !CREDENTIALS.matcher(credentials).matches()) {
            throw invalid(
                    "mount credentials must be a reference: anonymous, default, profile:NAME,"
                            + " file:/PATH or env:PREFIX");
        }
        if (maxAgeMillis < 0 || maxAgeMillis > LONGEST_MAX_AGE.toMillis()) {
            throw invalid(
                    "max-age of "
                            + Long.toUnsignedString(maxAgeMillis)
                            + " ms is not between 1 ms and 7 days");
        }
        Mount.Freshness kept =
                freshness.isEmpty() ? Mount.Freshness.MAX_AGE : Mount.Freshness.parse(freshness);
        if (!s3 && kept == Mount.Freshness.EVENTS) {
            throw invalid("freshness events is for s3:// mounts alone: directories tell nothing");
        }
        Duration standard = kept == Mount.Freshness.EVENTS ? NET_OF_EVENTS : defaultMaxAge;
        return new MountRequest(
                at,
                store,
                new Mount.Options(
                        endpoint(endpoint),
                        region,
                        pathStyle,
                        credentials,
                        kept,
                        maxAgeMillis == 0 ? standard : Duration.ofMillis(maxAgeMillis),
                        blockBytes(blockBytes),
                        directFallback,
                        objectAttributes));
    }

    private static long blockBytes(long bytes) {
        if (bytes == 0) {
            return BlockLayout.DEFAULT.blockBytes();
        }
        if (bytes < 0 || bytes > LARGEST_BLOCK || bytes % BlockLayout.CHUNK_BYTES != 0) {
            throw invalid(
                    "block size "
                            + Long.toUnsignedString(bytes)
                            + " is not a multiple of 1 MiB up to 1 TiB");
        }
        return bytes;
    }

    private static URI uri(String text) {
        URI uri = syntax(text, "mount uri");
        if (uri.getRawQuery() != null || uri.getRawFragment() != null) {
            throw invalid("mount uri must have no '?' and no '#'");
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        @Nullable String path = uri.getPath();
        if (path == null) {
            throw invalid("mount uri must be s3://bucket/prefix/ or file:///directory/");
        }
        checkSegments(path);
        return switch (scheme) {
            case "s3" -> s3(uri, path);
            case "file" -> file(uri, path);
            default ->
                    throw invalid(
                            "mount uri must start with s3:// or file:///, and this one starts with"
                                    + " '"
                                    + shown(scheme)
                                    + "'");
        };
    }

    private static void checkSegments(String path) {
        if (path.contains("//")) {
            throw invalid("mount uri must have no '//' in its path");
        }
        for (String segment : path.split("/", -1)) {
            if (segment.equals(".") || segment.equals("..")) {
                throw invalid("mount uri must have no '.' and no '..' in its path");
            }
        }
    }

    private static URI s3(URI uri, String path) {
        @Nullable String bucket = uri.getRawAuthority();
        if (bucket == null || !BUCKET.matcher(bucket).matches()) {
            throw invalid("mount uri must name a bucket, as s3://bucket/prefix/");
        }
        return build("s3", bucket, path.endsWith("/") ? path : path + "/");
    }

    private static URI file(URI uri, String path) {
        if (uri.getRawAuthority() != null || !path.startsWith("/")) {
            throw invalid("mount uri of a local directory must be absolute, as file:///directory/");
        }
        return build("file", "", path.endsWith("/") ? path : path + "/");
    }

    private static URI build(String scheme, String authority, String path) {
        try {
            return new URI(scheme, authority, path, null, null);
        } catch (URISyntaxException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT, "mount uri cannot be understood", e);
        }
    }

    private static String endpoint(String text) {
        if (text.isEmpty()) {
            return "";
        }
        URI uri = syntax(text, "endpoint");
        boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
        if (!http || uri.getHost() == null || uri.getRawQuery() != null) {
            throw invalid("endpoint must be http://host:port or https://host:port");
        }
        return text;
    }

    private static URI syntax(String text, String what) {
        if (text.isEmpty()) {
            throw invalid(what + " is empty");
        }
        if (text.length() > 2048) {
            throw invalid(what + " is longer than 2048 characters");
        }
        // Looked for before parsing: a URI that does not parse may hold a password, too.
        if (text.matches("[^/]*//[^/]*@.*")) {
            throw invalid(
                    what
                            + " must not hold a user or password: give a reference in the"
                            + " credentials option");
        }
        try {
            return new URI(text.replace(" ", "%20"));
        } catch (URISyntaxException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    what
                            + " cannot be understood: write s3://bucket/prefix/, file:///directory/,"
                            + " or http://host:port for an endpoint",
                    e);
        }
    }

    private static String shown(String text) {
        return text.length() <= 64 ? text : text.substring(0, 64) + "...";
    }

    private static MillraceException invalid(String message) {
        return new MillraceException(ErrorCode.INVALID_ARGUMENT, message);
    }
}
