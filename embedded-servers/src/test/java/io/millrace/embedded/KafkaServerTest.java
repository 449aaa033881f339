package io.millrace.embedded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaServerTest {

    @TempDir Path directory;

    @AfterEach
    void stop() {
        KafkaServer.running(directory).ifPresent(KafkaServer::stop);
    }

    @Test
    void recordsOutliveAStopAndAKill() throws Exception {
        int port;
        try (KafkaServer server = KafkaServer.start(Launch.in(directory))) {
            port = server.port();
            try (Admin admin =
                    Admin.create(Map.of("bootstrap.servers", server.bootstrapServers()))) {
                admin.createTopics(List.of(new NewTopic("t", 1, (short) 1)))
                        .all()
                        .get(30, TimeUnit.SECONDS);
            }
            send(server, "first");
        }
        KafkaServer killed = KafkaServer.start(Launch.in(directory));
        assertEquals(port, killed.port());
        send(killed, "second");
        new ProcessBuilder("kill", "-9", Long.toString(killed.pid())).start().waitFor();
        try (KafkaServer server = KafkaServer.start(Launch.in(directory))) {
            assertEquals(List.of("first", "second"), read(server, 2));
        }
    }

    @Test
    void aTakenPortIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            Launch launch = Launch.in(directory).withPort(PortChoice.exactly(taken.getLocalPort()));
            MillraceException e =
                    assertThrows(MillraceException.class, () -> KafkaServer.start(launch));
            assertEquals(ErrorCode.CONFLICT, e.code());
            assertTrue(e.getMessage().contains("127.0.0.1:" + taken.getLocalPort()));
        }
    }

    @Test
    void aFailureShowsTheEndOfTheLog() {
        Launch launch = Launch.in(directory).withParameters(Map.of("num.io.threads", "none"));
        MillraceException e =
                assertThrows(MillraceException.class, () -> KafkaServer.start(launch));
        assertEquals(ErrorCode.UNAVAILABLE, e.code());
        assertTrue(e.getMessage().contains("num.io.threads"), e.getMessage());
    }

    private static void send(KafkaServer server, String value) throws Exception {
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", server.bootstrapServers()),
                        new StringSerializer(),
                        new StringSerializer())) {
            producer.send(new ProducerRecord<>("t", value)).get(30, TimeUnit.SECONDS);
        }
    }

    private static List<String> read(KafkaServer server, int count) {
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(
                        Map.of("bootstrap.servers", server.bootstrapServers()),
                        new StringDeserializer(),
                        new StringDeserializer())) {
            TopicPartition partition = new TopicPartition("t", 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            List<String> values = new java.util.ArrayList<>();
            long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (values.size() < count && System.nanoTime() < end) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(200));
                for (ConsumerRecord<String, String> record : records) {
                    values.add(record.value());
                }
            }
            return values;
        }
    }
}
