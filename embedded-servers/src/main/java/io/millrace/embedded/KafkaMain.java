package io.millrace.embedded;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/** The Kafka broker's process. */
final class KafkaMain implements JvmServerMain.Server {

    static final String CONTROLLER_PORT = "controller-port";
    private static final int NODE = 1;

    private final KafkaConfig config;
    private final Path data;
    private volatile boolean started;
    private final KafkaRaftServer server;

    private KafkaMain(JvmServerMain main) throws Exception {
        this.data = main.directory().resolve("data");
        this.config = KafkaConfig.fromProps(properties(main), false);
        format();
        this.server = new KafkaRaftServer(config, Time.SYSTEM);
    }

    public static void main(String... arguments) throws Exception {
        JvmServerMain main = JvmServerMain.parse(arguments);
        main.run(new KafkaMain(main));
    }

    @Override
    public void start() {
        server.startup();
        started = true;
    }

    @Override
    public void awaitEnd() {
        server.awaitShutdown();
    }

    @Override
    public void stop() {
        if (started) {
            server.shutdown();
        }
    }

    private void format() throws Exception {
        if (Files.exists(data.resolve("meta.properties"))) {
            return;
        }
        Files.createDirectories(data);
        try (PrintStream out =
                new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
            new Formatter()
                    .setPrintStream(out)
                    .setNodeId(NODE)
                    .setClusterId(Uuid.randomUuid().toString())
                    .setControllerListenerName("CONTROLLER")
                    .setMetadataLogDirectory(data.toString())
                    .addDirectory(data.toString())
                    .setIgnoreFormatted(true)
                    .setReleaseVersion(MetadataVersion.latestProduction())
                    .run();
        }
    }

    private static Properties properties(JvmServerMain main) {
        Properties p = new Properties();
        String controller = main.parameters().get(CONTROLLER_PORT);
        p.setProperty("process.roles", "broker,controller");
        p.setProperty("node.id", Integer.toString(NODE));
        p.setProperty("controller.quorum.voters", NODE + "@127.0.0.1:" + controller);
        p.setProperty(
                "listeners",
                "PLAINTEXT://127.0.0.1:" + main.port() + ",CONTROLLER://127.0.0.1:" + controller);
        p.setProperty("advertised.listeners", "PLAINTEXT://127.0.0.1:" + main.port());
        p.setProperty("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        p.setProperty("controller.listener.names", "CONTROLLER");
        p.setProperty("log.dirs", main.directory().resolve("data").toString());
        p.setProperty("auto.create.topics.enable", "false");
        // One node: nobody to replicate to, nobody to wait for.
        p.setProperty("offsets.topic.replication.factor", "1");
        p.setProperty("offsets.topic.num.partitions", "8");
        p.setProperty("transaction.state.log.replication.factor", "1");
        p.setProperty("transaction.state.log.min.isr", "1");
        p.setProperty("transaction.state.log.num.partitions", "4");
        p.setProperty("share.coordinator.state.topic.replication.factor", "1");
        p.setProperty("share.coordinator.state.topic.min.isr", "1");
        p.setProperty("group.initial.rebalance.delay.ms", "0");
        // Otherwise a restart after an unclean stop waits 12 s for the old session to expire.
        p.setProperty("broker.session.timeout.ms", "1500");
        p.setProperty("broker.heartbeat.interval.ms", "300");
        p.setProperty("controlled.shutdown.enable", "true");
        p.setProperty("log.cleaner.dedupe.buffer.size", Integer.toString(4 << 20));
        p.setProperty("num.network.threads", "2");
        p.setProperty("num.io.threads", "4");
        p.setProperty("background.threads", "2");
        main.parameters()
                .forEach((key, value) -> {
                    if (!key.equals(CONTROLLER_PORT)) {
                        p.setProperty(key, value);
                    }
                });
        return p;
    }
}
