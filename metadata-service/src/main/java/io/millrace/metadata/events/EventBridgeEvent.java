package io.millrace.metadata.events;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.metadata.events.BucketChange.What;
import io.millrace.metadata.events.EventFields.Unreadable;
import io.millrace.metadata.events.Notification.Read;

/** An event of a bucket as Amazon EventBridge delivers it. Keys are not encoded. */
final class EventBridgeEvent {

    private EventBridgeEvent() {}

    static Read read(JsonNode event) {
        try {
            return parse(event);
        } catch (Unreadable e) {
            return new Read.Problem(e.sentence);
        }
    }

    private static Read parse(JsonNode event) throws Unreadable {
        if (!EventFields.text(event, "source").equals("aws.s3")) {
            throw new Unreadable("the event's source is not aws.s3");
        }
        if (!EventFields.text(event, "version").equals("0")) {
            throw new Unreadable("the event's version is not 0");
        }
        String type = EventFields.text(event, "detail-type");
        JsonNode detail = event.path("detail");
        JsonNode object = detail.path("object");
        What what;
        switch (type) {
            case "Object Created" ->
                    what = EventFields.put(object.path("etag").textValue(), object.path("size"));
            case "Object Deleted" -> what = deleted(detail, object);
            case "Object Restore Initiated",
                    "Object Restore Completed",
                    "Object Restore Expired",
                    "Object Storage Class Changed",
                    "Object Access Tier Changed",
                    "Object ACL Updated",
                    "Object Tags Added",
                    "Object Tags Deleted" -> {
                return new Read.Ignored();
            }
            default -> what = new What.Unclear();
        }
        return new Read.Change(
                new BucketChange(
                        EventFields.bucket(detail.path("bucket")),
                        EventFields.rawKey(object),
                        what,
                        EventFields.time(event, "time"),
                        Sequencer.parse(
                                Sequencer.Dialect.AWS, object.path("sequencer").textValue())));
    }

    private static What deleted(JsonNode detail, JsonNode object) {
        boolean marker =
                EventFields.optionalText(detail, "deletion-type").equals("Delete Marker Created");
        // The deletion of one version: another may be, or become, the object.
        return marker || EventFields.optionalText(object, "version-id").isEmpty()
                ? new What.Removed()
                : new What.Unclear();
    }
}
