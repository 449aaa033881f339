package io.millrace.standalone.cluster;

import io.millrace.embedded.S3Server;
import io.millrace.topics.Topics;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides which processes make up a cluster and how each is started; does nothing. Ports of
 * processes that run are taken from their records, others are given out here.
 */
final class ClusterPlan {

    static final String HOST = "127.0.0.1";

    /** Bucket of the embedded S3 server that is there from the first start. */
    static final String BUCKET = "millrace";

    /** Of the embedded Postgres, for all services. */
    static final String DATABASE = "millrace";

    private static final int WORKER_PORTS = 7500;
    private static final int PORTS_PER_WORKER = 10;

    private final Installation installation;
    private final Home home;
    private final Ports ports;
    private final ClusterState before;
    private final Map<PartKind, Map<String, String>> properties;
    private final ClusterState wanted;
    private final List<PartSpec> specs = new ArrayList<>();

    private ClusterPlan(
            Installation installation,
            Home home,
            Ports ports,
            ClusterState before,
            ClusterState wanted,
            Map<PartKind, Map<String, String>> properties) {
        this.installation = installation;
        this.home = home;
        this.ports = ports;
        this.before = before;
        this.wanted = wanted;
        this.properties = properties;
    }

    /**
     * How to start every part of {@code wanted}.
     *
     * @param before what may be running already
     */
    static List<PartSpec> of(
            Installation installation,
            Home home,
            Ports ports,
            ClusterState before,
            ClusterState wanted,
            Map<PartKind, Map<String, String>> properties) {
        ClusterPlan plan = new ClusterPlan(installation, home, ports, before, wanted, properties);
        plan.servers();
        switch (wanted.layout()) {
            case SHARED -> plan.controlPlane();
            case DISTRIBUTED -> plan.controlPlaneApart();
        }
        for (PartRecord worker : wanted.parts(PartKind.WORKER)) {
            plan.worker(worker.name());
        }
        for (PartRecord agent : wanted.parts(PartKind.AGENT)) {
            if (agent.mount() != null) {
                plan.agent(agent.name(), agent.mount());
            }
        }
        return List.copyOf(plan.specs);
    }

    private void servers() {
        server("postgres", PartKind.POSTGRES, 7432, Map.of());
        server("kafka", PartKind.KAFKA, 7492, Map.of());
        server(
                "s3",
                PartKind.S3,
                7480,
                Map.of(
                        S3Server.EVENTS_BOOTSTRAP_SERVERS,
                        HOST + ":" + portOf("kafka", "kafka"),
                        S3Server.EVENTS_TOPIC,
                        Topics.UFS_CHANGES.name()));
    }

    private void server(String name, PartKind kind, int preferred, Map<String, String> parameters) {
        int port = port(name, name, preferred);
        specs.add(
                new PartSpec(
                        name,
                        kind,
                        new Start.Server(home.data(name), port, parameters),
                        Map.of(name, port),
                        null));
    }

    private void controlPlane() {
        int http = port("control-plane", "http", 7400);
        int grpc = port("control-plane", "grpc", 7401);
        List<String> command = service("standalone", PartKind.CONTROL_PLANE, "384m", http, grpc);
        command.add(1, "-Dmillrace.jobs.metadata-service=" + HOST + ":" + grpc);
        command.add(1, "-Dmillrace.console.metadata-service=" + HOST + ":" + grpc);
        command.add(1, "-Dmillrace.console.job-service=" + HOST + ":" + grpc);
        add(
                "control-plane",
                PartKind.CONTROL_PLANE,
                command,
                List.of("metadata", "jobs"),
                Map.of("http", http, "grpc", grpc),
                healthy(http));
    }

    private void controlPlaneApart() {
        int metadataHttp = port("metadata-service", "http", 7402);
        int metadata = port("metadata-service", "grpc", 7401);
        List<String> command =
                service(
                        "metadata-service",
                        PartKind.METADATA_SERVICE,
                        "256m",
                        metadataHttp,
                        metadata);
        add(
                "metadata-service",
                PartKind.METADATA_SERVICE,
                command,
                List.of("metadata"),
                Map.of("http", metadataHttp, "grpc", metadata),
                healthy(metadataHttp));

        int jobHttp = port("job-service", "http", 7404);
        int jobs = port("job-service", "grpc", 7405);
        command = service("job-service", PartKind.JOB_SERVICE, "256m", jobHttp, jobs);
        command.add(1, "-Dmillrace.jobs.metadata-service=" + HOST + ":" + metadata);
        add(
                "job-service",
                PartKind.JOB_SERVICE,
                command,
                List.of("jobs"),
                Map.of("http", jobHttp, "grpc", jobs),
                healthy(jobHttp));

        int console = port("web-console", "http", 7400);
        command = service("web-console", PartKind.WEB_CONSOLE, "128m", console, 0);
        command.add(1, "-Dmillrace.console.metadata-service=" + HOST + ":" + metadata);
        command.add(1, "-Dmillrace.console.job-service=" + HOST + ":" + jobs);
        add(
                "web-console",
                PartKind.WEB_CONSOLE,
                command,
                List.of(),
                Map.of("http", console),
                healthy(console));
    }

    private void worker(String name) {
        int number = Integer.parseInt(name.substring(name.lastIndexOf('-') + 1));
        int first = WORKER_PORTS + PORTS_PER_WORKER * (number - 1);
        int data = port(name, "data", first);
        int control = port(name, "grpc", first + 1);
        int http = port(name, "http", first + 2);
        List<String> command = service("block-service", PartKind.WORKER, "384m", http, control);
        command.add(1, "-Dmillrace.worker.metadata-service=" + metadataService());
        command.add(1, "-Dmillrace.worker.data-port=" + data);
        command.add(1, "-Dmillrace.worker.cache-directories=" + home.cacheOf(name));
        if (wanted.workerCapacityBytes() > 0) {
            command.add(1, "-Dmillrace.worker.capacity=" + wanted.workerCapacityBytes());
        }
        add(
                name,
                PartKind.WORKER,
                command,
                List.of(),
                Map.of("data", data, "grpc", control, "http", http),
                healthy(http));
    }

    private void agent(String name, AgentMount mount) {
        String service = mount.metadataService();
        specs.add(
                agent(
                        installation,
                        name,
                        mount,
                        service == null ? metadataService() : service,
                        home,
                        extra(PartKind.AGENT)));
    }

    /** How the agent of {@code mount} is started, of whichever cluster. */
    static PartSpec agent(
            Installation installation,
            String name,
            AgentMount mount,
            String metadataService,
            Home home,
            List<String> settings) {
        List<String> command = new ArrayList<>();
        command.add(installation.agent().toString());
        command.addAll(settings);
        command.add("mount");
        command.add(mount.directory());
        command.add("--path");
        command.add(mount.path());
        command.add("--metadata-service");
        command.add(metadataService);
        command.add("--stats-file");
        command.add(home.agentStats(name).toString());
        String readPolicy = mount.readPolicy();
        if (readPolicy != null) {
            command.add("--read-policy");
            command.add(readPolicy);
        }
        String binding = mount.binding();
        if (binding != null) {
            command.add("--binding");
            command.add(binding);
        }
        if (mount.supervised()) {
            command.add("--supervised");
            command.add("--state-dir");
            command.add(home.agentState(name).toString());
        }
        return new PartSpec(
                name,
                PartKind.AGENT,
                new Start.Command(
                        command, List.of(), new Readiness.IsMounted(Path.of(mount.directory()))),
                Map.of(),
                mount);
    }

    /** Where metadata-service is called, of the specs so far. */
    private String metadataService() {
        PartSpec spec =
                specs.stream()
                        .filter(part ->
                                part.kind() == PartKind.CONTROL_PLANE
                                        || part.kind() == PartKind.METADATA_SERVICE)
                        .findFirst()
                        .orElseThrow();
        return HOST + ":" + spec.ports().get("grpc");
    }

    private int portOf(String part, String purpose) {
        return specs.stream()
                .filter(spec -> spec.name().equals(part))
                .map(spec -> spec.ports().get(purpose))
                .findFirst()
                .orElseThrow();
    }

    private static Readiness healthy(int http) {
        return new Readiness.AnswersHttp(
                URI.create("http://" + HOST + ":" + http + "/q/health/ready"));
    }

    /** A Quarkus program; what is special to it is added after the first argument. */
    private List<String> service(String module, PartKind kind, String heap, int http, int grpc) {
        List<String> command = new ArrayList<>(installation.java(heap));
        command.add("-XX:+UseSerialGC");
        if (kind != PartKind.WORKER) {
            command.add("-XX:TieredStopAtLevel=1");
        }
        command.add("-Dquarkus.http.host=" + HOST);
        command.add("-Dquarkus.http.port=" + http);
        command.add("-Dquarkus.grpc.server.host=" + HOST);
        command.add("-Dquarkus.grpc.server.port=" + grpc);
        command.add("-Dquarkus.banner.enabled=false");
        command.add("-Dquarkus.console.color=false");
        command.add("-Dkafka.bootstrap.servers=" + HOST + ":" + portOf("kafka", "kafka"));
        command.addAll(extra(kind));
        command.add("-jar");
        command.add(installation.program(module).toString());
        return command;
    }

    private List<String> extra(PartKind kind) {
        return settings(properties, kind);
    }

    static List<String> settings(Map<PartKind, Map<String, String>> properties, PartKind kind) {
        return properties.getOrDefault(kind, Map.of()).entrySet().stream()
                .map(entry -> "-D" + entry.getKey() + "=" + entry.getValue())
                .toList();
    }

    private int port(String part, String purpose, int preferred) {
        Optional<Integer> running =
                before.part(part)
                        .filter(PartRecord::isRunning)
                        .map(record -> record.ports().get(purpose));
        return running.orElseGet(() -> ports.take(part + "." + purpose, preferred));
    }

    private void add(
            String name,
            PartKind kind,
            List<String> command,
            List<String> datasources,
            Map<String, Integer> given,
            Readiness readiness) {
        specs.add(
                new PartSpec(
                        name,
                        kind,
                        new Start.Command(command, datasources, readiness),
                        given,
                        null));
    }

    /** The parts of {@code wanted} by name and kind, without processes. */
    static ClusterState wanted(ClusterState before, ClusterSettings settings, Path logs) {
        Layout layout = settings.layout() == null ? before.layout() : settings.layout();
        Long capacity = settings.workerCapacityBytes();
        List<PartRecord> parts = new ArrayList<>();
        for (PartKind server : List.of(PartKind.POSTGRES, PartKind.KAFKA, PartKind.S3)) {
            parts.add(
                    part(
                            before,
                            server.name().toLowerCase(java.util.Locale.ROOT),
                            server,
                            logs,
                            null));
        }
        switch (layout) {
            case SHARED ->
                    parts.add(part(before, "control-plane", PartKind.CONTROL_PLANE, logs, null));
            case DISTRIBUTED -> {
                parts.add(part(before, "metadata-service", PartKind.METADATA_SERVICE, logs, null));
                parts.add(part(before, "job-service", PartKind.JOB_SERVICE, logs, null));
                parts.add(part(before, "web-console", PartKind.WEB_CONSOLE, logs, null));
            }
        }
        int workersBefore = before.parts(PartKind.WORKER).size();
        int workers =
                settings.workers() != null
                        ? settings.workers()
                        : before.parts(PartKind.POSTGRES).isEmpty()
                                ? ClusterSettings.DEFAULT_WORKERS
                                : workersBefore;
        for (int i = 1; i <= workers; i++) {
            parts.add(part(before, "worker-" + i, PartKind.WORKER, logs, null));
        }
        // Workers that run are not taken away by asking for fewer of them.
        before.parts(PartKind.WORKER).stream()
                .filter(PartRecord::isRunning)
                .filter(part -> parts.stream().noneMatch(p -> p.name().equals(part.name())))
                .forEach(parts::add);
        List<PartRecord> agents = new ArrayList<>(before.parts(PartKind.AGENT));
        for (AgentMount mount : settings.mounts()) {
            boolean known =
                    agents.stream()
                            .map(PartRecord::mount)
                            .anyMatch(other ->
                                    other != null && other.directory().equals(mount.directory()));
            if (!known) {
                agents.add(part(before, freeAgentName(agents), PartKind.AGENT, logs, mount));
            }
        }
        parts.addAll(agents);
        return new ClusterState(
                ClusterState.VERSION,
                layout,
                capacity == null ? before.workerCapacityBytes() : capacity,
                parts);
    }

    static String freeAgentName(List<PartRecord> agents) {
        for (int i = 1; ; i++) {
            String name = "agent-" + i;
            if (agents.stream().noneMatch(agent -> agent.name().equals(name))) {
                return name;
            }
        }
    }

    private static PartRecord part(
            ClusterState before,
            String name,
            PartKind kind,
            Path logs,
            @Nullable AgentMount mount) {
        return before.part(name)
                .orElseGet(() ->
                        new PartRecord(
                                name,
                                kind,
                                null,
                                Map.of(),
                                logs.resolve(name + ".log").toString(),
                                mount));
    }
}
