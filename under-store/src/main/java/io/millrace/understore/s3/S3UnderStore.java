package io.millrace.understore.s3;

import io.millrace.model.ByteRange;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.understore.ExactStream;
import io.millrace.understore.ListPage;
import io.millrace.understore.ObjectStatus;
import io.millrace.understore.UnderStore;
import io.millrace.understore.UnderStoreListener.Verb;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.EncodingType;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/** An S3 bucket, or what lies under a prefix in it. */
final class S3UnderStore implements UnderStore {

    private final S3Client client;
    private final Bucket bucket;
    private final S3Failures failures;
    private final Retries retries;

    /** A 404 to a HEAD does not say what is missing; once the bucket answered, it is the object. */
    private volatile boolean bucketSeen;

    S3UnderStore(S3Client client, Bucket bucket, S3Failures failures, Retries retries) {
        this.client = client;
        this.bucket = bucket;
        this.failures = failures;
        this.retries = retries;
    }

    @Override
    public Optional<ObjectStatus> stat(String key) {
        if (key.isEmpty() || climbs(key)) {
            return Optional.empty();
        }
        try {
            HeadObjectResponse head =
                    retries.call(
                            Verb.STAT,
                            key,
                            time ->
                                    client.headObject(r ->
                                            r.bucket(bucket.name())
                                                    .key(bucket.absolute(key))
                                                    .overrideConfiguration(
                                                            c -> c.apiCallAttemptTimeout(time))));
            bucketSeen = true;
            return Optional.of(
                    status(key, head.eTag(), head.contentLength(), head.lastModified())
                            .withAttributes(
                                    AttributeMetadata.of(bucket.describe(key), head.metadata())));
        } catch (MillraceException e) {
            if (e.code() != ErrorCode.NOT_FOUND) {
                throw e;
            }
            checkBucket();
            return Optional.empty();
        }
    }

    private void checkBucket() {
        if (bucketSeen) {
            return;
        }
        try {
            retries.call(
                    Verb.STAT,
                    "",
                    time ->
                            client.headBucket(r ->
                                    r.bucket(bucket.name())
                                            .overrideConfiguration(
                                                    c -> c.apiCallAttemptTimeout(time))));
            bucketSeen = true;
        } catch (MillraceException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                throw new MillraceException(ErrorCode.NOT_FOUND, failures.noBucket(), e);
            }
            if (e.code() != ErrorCode.PERMISSION_DENIED) {
                throw e;
            }
            // Reading objects may be allowed where asking for the bucket is not.
            bucketSeen = true;
        }
    }

    @Override
    public ListPage list(String prefix, Depth depth, @Nullable String continuation, int maxKeys) {
        ListObjectsV2Response answer =
                retries.call(
                        Verb.LIST,
                        prefix,
                        time ->
                                client.listObjectsV2(r ->
                                        r.bucket(bucket.name())
                                                .prefix(bucket.absolute(prefix))
                                                .delimiter(delimiter(depth))
                                                .continuationToken(continuation)
                                                .maxKeys(maxKeys)
                                                // XML has no control characters; keys may.
                                                .encodingType(EncodingType.URL)
                                                .overrideConfiguration(
                                                        c -> c.apiCallAttemptTimeout(time))));
        bucketSeen = true;
        List<ObjectStatus> objects = new ArrayList<>(answer.contents().size());
        for (S3Object object : answer.contents()) {
            String key = bucket.relative(object.key());
            // The marker of the root itself has no name below the root.
            if (!key.isEmpty()) {
                objects.add(status(key, object.eTag(), object.size(), object.lastModified()));
            }
        }
        List<String> prefixes =
                answer.commonPrefixes().stream()
                        .map(CommonPrefix::prefix)
                        .map(bucket::relative)
                        .toList();
        return new ListPage(
                objects,
                prefixes,
                Boolean.TRUE.equals(answer.isTruncated()) ? answer.nextContinuationToken() : null);
    }

    @Override
    public InputStream read(String key, String objectVersion, ByteRange range) {
        if (range.isEmpty()) {
            throw new IllegalArgumentException("an empty range of " + bucket.describe(key));
        }
        if (climbs(key)) {
            throw new MillraceException(
                    ErrorCode.NOT_FOUND, "no object " + bucket.describe(key) + " can be named");
        }
        ResponseInputStream<GetObjectResponse> body =
                retries.call(
                        Verb.READ,
                        key,
                        time ->
                                client.getObject(r -> {
                                    ObjectVersion.require(objectVersion, r);
                                    r.bucket(bucket.name())
                                            .key(bucket.absolute(key))
                                            .range(
                                                    "bytes="
                                                            + range.offset()
                                                            + "-"
                                                            + (range.end() - 1))
                                            .overrideConfiguration(
                                                    c -> c.apiCallAttemptTimeout(time));
                                }));
        bucketSeen = true;
        try {
            check(key, objectVersion, range, body.response());
        } catch (MillraceException e) {
            body.abort();
            throw e;
        }
        return new ExactStream(body, bucket.describe(key), range, body::abort);
    }

    /** A store may ignore conditions or Range, and what it says then shows it. */
    private void check(
            String key, String objectVersion, ByteRange range, GetObjectResponse answer) {
        if (!ObjectVersion.isOf(objectVersion, answer)) {
            throw new MillraceException(
                    ErrorCode.STALE_VERSION,
                    bucket.describe(key) + " is no longer at the version asked for");
        }
        String content = answer.contentRange();
        boolean placed =
                content == null
                        ? range.offset() == 0
                        : content.startsWith(
                                "bytes " + range.offset() + "-" + (range.end() - 1) + "/");
        Long length = answer.contentLength();
        if (!placed || length == null || length != range.length()) {
            throw new MillraceException(
                    ErrorCode.IO_ERROR,
                    "asked for "
                            + range
                            + " of "
                            + bucket.describe(key)
                            + ", got "
                            + length
                            + " bytes ("
                            + content
                            + ")");
        }
    }

    @Override
    public void close() {
        client.close();
    }

    @Override
    public String toString() {
        return bucket.describe("");
    }

    /**
     * Whether {@code key} has a component {@code .} or {@code ..}: HTTP clients and servers fold
     * those away, and what is then named is another object, maybe outside the root.
     */
    private static boolean climbs(String key) {
        for (String name : key.split("/", -1)) {
            if (name.equals(".") || name.equals("..")) {
                return true;
            }
        }
        return false;
    }

    private static @Nullable String delimiter(Depth depth) {
        return switch (depth) {
            case ONE_LEVEL -> "/";
            case ALL_LEVELS -> null;
        };
    }

    private ObjectStatus status(
            String key, @Nullable String etag, @Nullable Long length, @Nullable Instant modified) {
        long bytes = length == null ? 0 : length;
        return new ObjectStatus(
                key,
                ObjectVersion.of(bucket.describe(key), etag, modified, bytes),
                bytes,
                modified == null ? Instant.EPOCH : modified);
    }
}
