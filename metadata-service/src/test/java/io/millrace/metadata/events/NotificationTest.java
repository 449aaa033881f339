package io.millrace.metadata.events;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.metadata.events.BucketChange.What;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Each envelope and dialect, from the files in {@code resources/events}. */
class NotificationTest {

    static final Path FILES = Path.of("src/test/resources/events");
    private static final String KEY = "images/a b+cé.jpg";
    private static final Instant TIME = Instant.parse("2026-03-01T10:20:30.456Z");
    private static final What PUT = new What.Put("d41d8cd98f00b204e9800998ecf8427e", 4096);
    private static final What GONE = new What.Removed();
    private static final What ASK = new What.Unclear();
    private static final Optional<Sequencer> AWS = aws("0055AED6DCD90281E5");
    private static final Optional<Sequencer> AWS_LATER = aws("0055AED6DCD90281F");

    private static final Map<String, List<BucketChange>> CHANGES = changes();
    private static final Set<String> IGNORED =
            Set.of(
                    "aws-restore",
                    "aws-tags",
                    "aws-test-event",
                    "eventbridge-storage-class",
                    "minio-read",
                    "ceph-lifecycle-abort");
    private static final Map<String, String> DEAD =
            Map.ofEntries(
                    Map.entry("dead-major-version", "eventVersion is not 2.x"),
                    Map.entry("dead-source", "eventSource is not aws:s3, minio:s3 or ceph:s3"),
                    Map.entry("dead-percent", "'%' in the key is not followed by two digits"),
                    Map.entry("dead-utf8", "the key is not UTF-8"),
                    Map.entry(
                            "dead-not-encoded",
                            "the key should be encoded and holds other than ASCII"),
                    Map.entry(
                            "dead-wrapper-differs",
                            "the wrapper names another key than the record"),
                    Map.entry("dead-no-records", "'Records' is empty"),
                    Map.entry("dead-no-json", "not JSON"),
                    Map.entry("dead-trailing", "not JSON"),
                    Map.entry("dead-two-keys", "not JSON"),
                    Map.entry(
                            "dead-unknown-envelope",
                            "no notification of a bucket in any envelope that is known"),
                    Map.entry("dead-eventbridge-source", "the event's source is not aws.s3"),
                    Map.entry("dead-no-bucket", "there is no 'name'"),
                    Map.entry("dead-time", "'eventTime' is no time"));

    private static Optional<Sequencer> aws(String place) {
        return Optional.of(new Sequencer(Sequencer.Dialect.AWS, place));
    }

    private static BucketChange change(What what, Optional<Sequencer> sequencer) {
        return new BucketChange("training", KEY, what, TIME, sequencer);
    }

    private static Map<String, List<BucketChange>> changes() {
        Map<String, List<BucketChange>> all = new TreeMap<>();
        List<BucketChange> put = List.of(change(PUT, AWS));
        for (String same :
                List.of(
                        "aws-put",
                        "aws-put-with-prefix-and-newer-minor",
                        "aws-copy-with-size-as-text",
                        "sqs",
                        "sns",
                        "sns-in-sqs",
                        "sqs-for-lambda",
                        "connect-json-with-schema",
                        "json-string")) {
            all.put(same, put);
        }
        all.put(
                "aws-multipart",
                List.of(
                        change(
                                new What.Put("9b2cf535f27731c974343645a3985328-44", 734_003_200),
                                AWS)));
        all.put("aws-put-without-size", List.of(change(ASK, AWS)));
        all.put("aws-unknown-event", List.of(change(ASK, AWS)));
        all.put("aws-no-sequencer", List.of(change(PUT, Optional.empty())));
        all.put("aws-delete", List.of(change(GONE, AWS_LATER)));
        all.put("aws-delete-of-a-version", List.of(change(ASK, AWS_LATER)));
        all.put("aws-delete-marker", List.of(change(GONE, AWS_LATER)));
        all.put("aws-lifecycle-expiration", List.of(change(GONE, AWS_LATER)));
        all.put("aws-lifecycle-delete-marker", List.of(change(GONE, AWS_LATER)));
        all.put(
                "aws-two-records",
                List.of(
                        change(PUT, AWS),
                        new BucketChange("training", "images/second", GONE, TIME, AWS_LATER)));
        Instant second = Instant.parse("2026-03-01T10:20:30Z");
        for (String same : List.of("eventbridge-created", "eventbridge-in-sqs")) {
            all.put(same, List.of(new BucketChange("training", KEY, PUT, second, AWS)));
        }
        all.put(
                "eventbridge-deleted",
                List.of(new BucketChange("training", KEY, GONE, second, AWS_LATER)));
        all.put(
                "eventbridge-delete-marker",
                List.of(new BucketChange("training", KEY, GONE, second, AWS_LATER)));
        all.put(
                "eventbridge-deleted-version",
                List.of(new BucketChange("training", KEY, ASK, second, AWS_LATER)));
        Optional<Sequencer> minio =
                Optional.of(new Sequencer(Sequencer.Dialect.MINIO, "1898A3C5D6E7F801"));
        all.put("minio-put", List.of(change(PUT, minio)));
        all.put("minio-bare-record", List.of(change(PUT, minio)));
        all.put("minio-tags", List.of(change(ASK, minio)));
        all.put(
                "minio-delete",
                List.of(
                        change(
                                GONE,
                                Optional.of(
                                        new Sequencer(
                                                Sequencer.Dialect.MINIO, "1898A3C5D6E7F802")))));
        Instant micros = Instant.parse("2026-03-01T10:20:30.456789Z");
        all.put(
                "ceph-put",
                List.of(
                        new BucketChange(
                                "training",
                                KEY,
                                PUT,
                                micros,
                                Optional.of(
                                        new Sequencer(
                                                Sequencer.Dialect.CEPH, "69E5B1CE1F5E1000")))));
        Optional<Sequencer> ceph =
                Optional.of(new Sequencer(Sequencer.Dialect.CEPH, "69E5B1CF01000000"));
        all.put("ceph-delete", List.of(new BucketChange("training", KEY, GONE, micros, ceph)));
        all.put(
                "ceph-lifecycle-current",
                List.of(new BucketChange("training", KEY, ASK, micros, ceph)));
        return all;
    }

    static Set<String> names() throws IOException {
        try (Stream<Path> files = Files.list(FILES)) {
            return files.map(file -> file.getFileName().toString().replace(".json", ""))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    static byte[] file(String name) throws IOException {
        return Files.readAllBytes(FILES.resolve(name + ".json"));
    }

    @Test
    void everyFileIsExpectedToBeSomething() throws IOException {
        Set<String> expected = new TreeSet<>(CHANGES.keySet());
        expected.addAll(IGNORED);
        expected.addAll(DEAD.keySet());

        assertEquals(expected, names());
    }

    @TestFactory
    Stream<DynamicTest> everyFileIsReadForWhatItIs() throws IOException {
        return names().stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> isReadForWhatItIs(name)));
    }

    private static void isReadForWhatItIs(String name) throws IOException {
        Notification read = Notification.parse(file(name));

        assertEquals(CHANGES.getOrDefault(name, List.of()), read.changes());
        assertEquals(IGNORED.contains(name) ? 1 : 0, read.ignored());
        String dead = DEAD.get(name);
        if (dead == null) {
            assertEquals(List.of(), read.problems());
        } else {
            assertEquals(1, read.problems().size());
            assertTrue(read.problems().getFirst().startsWith(dead), read.problems().getFirst());
        }
    }

    @Test
    void oneRecordThatCannotBeReadLeavesTheOthers() throws IOException {
        String text = new String(file("aws-two-records"), StandardCharsets.UTF_8);

        Notification read =
                Notification.parse(
                        text.replace("images/second", "%zz").getBytes(StandardCharsets.UTF_8));

        assertEquals(List.of(change(PUT, AWS)), read.changes());
        assertEquals(1, read.problems().size());
    }

    @Test
    void envelopesInOneAnotherHaveALimit() {
        String message = "{\"hello\":1}";
        for (int i = 0; i < 40; i++) {
            message = "[" + message + "]";
        }

        Notification read = Notification.parse(message.getBytes(StandardCharsets.UTF_8));

        assertFalse(read.problems().isEmpty());
        assertTrue(read.problems().getFirst().contains("envelopes in one another"));
    }

    @Test
    void nothingIsAProblem() {
        assertEquals(List.of("the message is empty"), Notification.parse(null).problems());
        assertEquals(
                List.of("the message is empty"),
                Notification.parse(" ".getBytes(StandardCharsets.UTF_8)).problems());
    }
}
