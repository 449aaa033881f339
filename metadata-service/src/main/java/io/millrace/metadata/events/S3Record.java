package io.millrace.metadata.events;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.metadata.events.BucketChange.What;
import io.millrace.metadata.events.EventFields.Unreadable;
import io.millrace.metadata.events.Notification.Read;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One element of {@code Records}, as AWS, MinIO and Ceph write it. */
final class S3Record {

    private static final Pattern VERSION = Pattern.compile("(\\d{1,9})\\.(\\d{1,9})");
    private static final String MAJOR = "2";

    private S3Record() {}

    /**
     * @param wrapped bucket, {@code /} and key that MinIO's wrapper names; null: no wrapper
     */
    static Read read(JsonNode record, @Nullable String wrapped) {
        try {
            return parse(record, wrapped);
        } catch (Unreadable e) {
            return new Read.Problem(e.sentence);
        }
    }

    private static Read parse(JsonNode record, @Nullable String wrapped) throws Unreadable {
        checkVersion(EventFields.text(record, "eventVersion"));
        String name = EventFields.text(record, "eventName");
        name = name.startsWith("s3:") ? name.substring(3) : name;
        if (changesNoBytes(name)) {
            return new Read.Ignored();
        }
        Sequencer.Dialect dialect = dialect(EventFields.text(record, "eventSource"));
        JsonNode s3 = record.path("s3");
        JsonNode object = s3.path("object");
        String bucket = EventFields.bucket(s3.path("bucket"));
        String key =
                switch (dialect) {
                    case AWS, MINIO -> EventFields.formKey(object);
                    case CEPH -> EventFields.rawKey(object);
                };
        if (wrapped != null && !wrapped.equals(bucket + "/" + key)) {
            throw new Unreadable("the wrapper names another key than the record");
        }
        return new Read.Change(
                new BucketChange(
                        bucket,
                        key,
                        what(name, object),
                        EventFields.time(record, "eventTime"),
                        Sequencer.parse(dialect, object.path("sequencer").textValue())));
    }

    /** Same major number; any minor one only adds fields. */
    private static void checkVersion(String version) throws Unreadable {
        Matcher matcher = VERSION.matcher(version);
        if (!matcher.matches() || !matcher.group(1).equals(MAJOR)) {
            throw new Unreadable("eventVersion is not " + MAJOR + ".x");
        }
    }

    private static Sequencer.Dialect dialect(String source) throws Unreadable {
        return switch (source) {
            case "aws:s3" -> Sequencer.Dialect.AWS;
            case "minio:s3" -> Sequencer.Dialect.MINIO;
            case "ceph:s3" -> Sequencer.Dialect.CEPH;
            // How it encodes keys and orders events is not known.
            default -> throw new Unreadable("eventSource is not aws:s3, minio:s3 or ceph:s3");
        };
    }

    private static boolean changesNoBytes(String name) {
        return switch (name.substring(0, Math.max(0, name.indexOf(':')))) {
            case "ObjectAccessed",
                    "ObjectRestore",
                    "ObjectTagging",
                    "ObjectAcl",
                    "ObjectTransition",
                    "LifecycleTransition",
                    "Replication",
                    "Scanner",
                    "BucketCreated",
                    "BucketRemoved" ->
                    true;
            default ->
                    name.equals("TestEvent")
                            || name.equals("LifecycleTransition")
                            || name.equals("IntelligentTiering")
                            || name.startsWith("ObjectLifecycle:Transition")
                            || name.equals("ObjectLifecycle:Expiration:AbortMultipartUpload");
        };
    }

    private static What what(String name, JsonNode object) {
        return switch (name) {
            case "ObjectCreated:Put",
                    "ObjectCreated:Post",
                    "ObjectCreated:Copy",
                    "ObjectCreated:CompleteMultipartUpload" ->
                    EventFields.put(object.path("eTag").textValue(), object.path("size"));
            case "ObjectRemoved:DeleteMarkerCreated",
                    "LifecycleExpiration:DeleteMarkerCreated",
                    "ObjectRemoved:DeleteAllVersions" ->
                    new What.Removed();
            case "ObjectRemoved:Delete", "LifecycleExpiration:Delete" ->
                    // Of one version: another may be, or become, the object.
                    EventFields.optionalText(object, "versionId").isEmpty()
                            ? new What.Removed()
                            : new What.Unclear();
            default -> new What.Unclear();
        };
    }
}
