package io.millrace.metadata.events;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One message of {@code ufs.changes}, opened: whatever envelopes it came in.
 *
 * <p>Understood are bare {@code {"Records":[...]}}, MinIO's wrapper, an SQS message whose {@code
 * Body} is a string, an SNS notification whose {@code Message} is one, EventBridge, the same as a
 * Lambda function gets them, a JSON string of JSON, an array of any of these, Kafka Connect's
 * {@code {"schema", "payload"}}, and each of them in another, up to {@value #DEPTH} deep.
 *
 * @param changes those that could be read
 * @param ignored events that change no object's bytes, such as tags, and test events
 * @param problems why the rest could not be read, one sentence each; empty: all was read
 */
public record Notification(List<BucketChange> changes, int ignored, List<String> problems) {

    private static final int DEPTH = 5;
    private static final int MOST_RECORDS = 10_000;
    private static final int MOST_PROBLEMS = 10;
    private static final int MOST_CHARACTERS = 4 << 20;

    private static final ObjectReader JSON =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxNestingDepth(64)
                                                    .maxNumberLength(64)
                                                    .maxStringLength(MOST_CHARACTERS)
                                                    .build())
                                    // Two keys in one object: which one is meant is not known.
                                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                                    .build())
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build()
                    .reader();

    /** Reads a message. Never throws: what is wrong with it is among the problems. */
    public static Notification parse(byte @Nullable [] message) {
        Reading reading = new Reading();
        if (message == null || message.length == 0) {
            reading.problem("the message is empty");
        } else {
            reading.json(message, 0);
        }
        return new Notification(
                List.copyOf(reading.changes), reading.ignored, List.copyOf(reading.problems));
    }

    /** What has been found so far; used by one thread. */
    private static final class Reading {
        private final List<BucketChange> changes = new ArrayList<>();
        private final List<String> problems = new ArrayList<>();
        private int ignored;
        private int records;

        void problem(String sentence) {
            if (problems.size() < MOST_PROBLEMS) {
                problems.add(sentence);
            }
        }

        void json(byte[] text, int depth) {
            JsonNode root;
            try {
                root = JSON.readTree(text);
            } catch (JsonProcessingException e) {
                problem("not JSON: " + e.getOriginalMessage());
                return;
            } catch (IOException e) {
                problem("not JSON: " + e.getMessage());
                return;
            }
            if (root.isMissingNode()) {
                problem("the message is empty");
                return;
            }
            envelope(root, depth);
        }

        private void envelope(JsonNode node, int depth) {
            if (depth > DEPTH) {
                problem("more than " + DEPTH + " envelopes in one another");
            } else if (node.isTextual()) {
                json(node.textValue().getBytes(StandardCharsets.UTF_8), depth + 1);
            } else if (node.isArray()) {
                node.forEach(element -> envelope(element, depth + 1));
            } else if (node.path("Records").isArray()) {
                records(node);
            } else if (node.path("detail").isObject() && node.has("detail-type")) {
                add(EventBridgeEvent.read(node));
            } else if ("s3:TestEvent".equals(node.path("Event").asText())) {
                ignored++;
            } else if (node.path("Message").isTextual()) {
                envelope(node.path("Message"), depth);
            } else if (node.path("Body").isTextual()) {
                envelope(node.path("Body"), depth);
            } else if (node.path("body").isTextual()) {
                envelope(node.path("body"), depth);
            } else if (node.path("Sns").isObject()) {
                envelope(node.path("Sns"), depth + 1);
            } else if (node.has("schema") && node.has("payload")) {
                envelope(node.path("payload"), depth + 1);
            } else {
                problem("no notification of a bucket in any envelope that is known");
            }
        }

        private void records(JsonNode envelope) {
            JsonNode all = envelope.path("Records");
            if (all.isEmpty()) {
                problem("'Records' is empty");
            }
            // MinIO's wrapper repeats bucket and key, not encoded, where there is one record.
            String wrapped =
                    all.size() == 1 && envelope.has("EventName") && envelope.path("Key").isTextual()
                            ? envelope.path("Key").textValue()
                            : null;
            for (JsonNode record : all) {
                if (++records > MOST_RECORDS) {
                    problem("more than " + MOST_RECORDS + " records in one message");
                    return;
                }
                if (record.path("s3").isObject()) {
                    add(S3Record.read(record, wrapped));
                } else {
                    // As Lambda functions get SQS and SNS messages.
                    envelope(record, DEPTH - 1);
                }
            }
        }

        private void add(Read read) {
            switch (read) {
                case Read.Change(BucketChange change) -> changes.add(change);
                case Read.Ignored _ -> ignored++;
                case Read.Problem(String sentence) -> problem(sentence);
            }
        }
    }

    /** What one record turned out to be. */
    sealed interface Read {
        record Change(BucketChange change) implements Read {}

        record Ignored() implements Read {}

        record Problem(String sentence) implements Read {}
    }
}
