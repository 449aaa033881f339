package io.millrace.testkit.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What an OpenAPI document promises. Answers are held against it: their status, their media type,
 * and their body by its schema, in which nothing may lie that the document does not name.
 */
final class Contract {

    private static final String JSON = "application/json";
    private static final String PROBLEM = "application/problem+json";

    /** One verb of one path; {@code node} is its part of the document. */
    record Operation(String method, String template, JsonNode node) {

        @Override
        public String toString() {
            return method + " " + template;
        }

        /** Each has name, in and schema. */
        List<JsonNode> parameters() {
            List<JsonNode> parameters = new ArrayList<>();
            node.path("parameters").forEach(parameters::add);
            return parameters;
        }

        /** By media type; empty: it has none. */
        TreeMap<String, JsonNode> bodies() {
            TreeMap<String, JsonNode> bodies = new TreeMap<>();
            node.path("requestBody")
                    .path("content")
                    .properties()
                    .forEach(content ->
                            bodies.put(content.getKey(), content.getValue().path("schema")));
            return bodies;
        }

        private boolean matches(String[] path) {
            String[] parts = template.split("/", -1);
            if (parts.length != path.length) {
                return false;
            }
            for (int part = 0; part < parts.length; part++) {
                boolean variable = parts[part].startsWith("{");
                if (variable ? path[part].isEmpty() : !parts[part].equals(path[part])) {
                    return false;
                }
            }
            return true;
        }

        private int variables() {
            return template.length() - template.replace("{", "").length();
        }
    }

    /** What came back; a body that was not waited for is null. */
    record Answer(int status, @Nullable String mediaType, byte @Nullable [] body) {

        String text() {
            return body == null ? "" : new String(body, StandardCharsets.UTF_8);
        }

        private String essence() {
            return mediaType == null
                    ? ""
                    : mediaType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        }
    }

    private final ObjectMapper json = new ObjectMapper();
    private final JsonNode components;
    private final List<Operation> operations = new ArrayList<>();
    private final Map<JsonNode, JsonSchema> schemas = new HashMap<>();
    private final Set<String> seen = new HashSet<>();

    private Contract(JsonNode document) {
        this.components = closed(document.path("components"));
        document.path("paths")
                .properties()
                .forEach(path ->
                        path.getValue().properties().stream()
                                .filter(verb -> verb.getValue().has("responses"))
                                .forEach(verb ->
                                        operations.add(
                                                new Operation(
                                                        verb.getKey().toUpperCase(Locale.ROOT),
                                                        path.getKey(),
                                                        verb.getValue()))));
        operations.sort(
                Comparator.comparingInt(Operation::variables).thenComparing(Operation::template));
    }

    /** Reads the document that {@code service} serves. */
    static Contract of(URI service) throws IOException {
        URI at = service.resolve("/q/openapi?format=json");
        return new Contract(new ObjectMapper().readTree(at.toURL()));
    }

    List<Operation> operations() {
        return operations;
    }

    /** What a {@code $ref} of the document names, or {@code schema} itself. */
    JsonNode resolve(JsonNode schema) {
        String reference = schema.path("$ref").asText();
        return reference.isEmpty()
                ? schema
                : components.at(reference.substring("#/components".length()));
    }

    /**
     * Fails unless the document says that there may be such an answer.
     *
     * @param path without the query, as it was sent
     */
    void check(String method, String path, Answer answer) {
        Optional<Operation> found =
                operations.stream()
                        .filter(operation ->
                                operation.method().equals(method)
                                        && operation.matches(plain(path).split("/", -1)))
                        .findFirst();
        if (found.isEmpty()) {
            require(answer.status() >= 400, answer, "the document has no such operation");
            require(PROBLEM.equals(answer.essence()), answer, "it is no problem");
            validate(json.createObjectNode().put("$ref", "#/components/schemas/Problem"), answer);
            return;
        }
        Operation operation = found.get();
        JsonNode responses = operation.node().path("responses");
        String status = String.valueOf(answer.status());
        JsonNode response =
                responses.has(status) || answer.status() < 400
                        ? responses.path(status)
                        : responses.path("default");
        require(!response.isMissingNode(), answer, operation + " has no such status");
        seen.add(operation + " " + status);

        JsonNode content = response.path("content");
        if (content.isEmpty()) {
            require(answer.text().isEmpty(), answer, operation + " has no such body");
            return;
        }
        JsonNode type =
                content.properties().stream()
                        .filter(entry -> entry.getKey().split(";", 2)[0].equals(answer.essence()))
                        .map(Map.Entry::getValue)
                        .findFirst()
                        .orElseThrow(() -> broken(answer, operation + " has no such media type"));
        if (answer.body() != null
                && (JSON.equals(answer.essence()) || PROBLEM.equals(answer.essence()))) {
            validate(type.path("schema"), answer);
        }
        if (PROBLEM.equals(answer.essence())) {
            require(
                    read(answer).path("status").asInt() == answer.status(),
                    answer,
                    "the problem tells of another status");
        }
    }

    /** As the server reads it: what lies empty between slashes is no name. */
    private static String plain(String path) {
        return path.replaceAll("//+", "/").replaceFirst("/$", "");
    }

    /** Whether the document says of this operation, not of all, that it may have this status. */
    boolean names(String operation, Answer answer) {
        return operations.stream()
                .filter(one -> one.toString().equals(operation))
                .anyMatch(one -> one.node().path("responses").has(String.valueOf(answer.status())));
    }

    /** The operations and their documented answers below 400 that no answer was checked of. */
    Set<String> unseen() {
        Set<String> unseen = new TreeSet<>();
        for (Operation operation : operations) {
            operation
                    .node()
                    .path("responses")
                    .fieldNames()
                    .forEachRemaining(status -> {
                        String answer = operation + " " + status;
                        if (status.compareTo("400") < 0 && !seen.contains(answer)) {
                            unseen.add(answer);
                        }
                    });
        }
        return unseen;
    }

    private void validate(JsonNode schema, Answer answer) {
        Set<ValidationMessage> wrong =
                schemas.computeIfAbsent(schema, this::compile)
                        .validate(answer.text(), InputFormat.JSON);
        require(wrong.isEmpty(), answer, "against its schema: " + wrong);
    }

    private JsonSchema compile(JsonNode schema) {
        ObjectNode root = json.createObjectNode();
        root.putArray("allOf").add(schema);
        root.set("components", components);
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(
                        root,
                        SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build());
    }

    private JsonNode read(Answer answer) {
        try {
            return json.readTree(answer.body());
        } catch (IOException e) {
            throw broken(answer, "no JSON: " + e.getMessage());
        }
    }

    private static void require(boolean holds, Answer answer, String otherwise) {
        if (!holds) {
            throw broken(answer, otherwise);
        }
    }

    private static AssertionError broken(Answer answer, String how) {
        return new AssertionError(
                how + ": " + answer.status() + " " + answer.mediaType() + " " + answer.text());
    }

    /** The document does not say so, but what it leaves out is not to be sent. */
    private static JsonNode closed(JsonNode components) {
        JsonNode closed = components.deepCopy();
        for (JsonNode schema : closed.path("schemas")) {
            if (schema.has("properties") && !schema.has("additionalProperties")) {
                ((ObjectNode) schema).put("additionalProperties", false);
            }
        }
        return closed;
    }
}
