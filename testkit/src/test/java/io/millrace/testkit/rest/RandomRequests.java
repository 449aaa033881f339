package io.millrace.testkit.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Requests made from an OpenAPI document: most of what they hold is as it says, some of it is
 * wrong, absent or absurd. Names are taken from what answers have told of, so that they meet what
 * is there.
 */
final class RandomRequests {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int KNOWN_PER_NAME = 50;
    private static final int LONG = 4_200;
    private static final int DEEP = 2_000;
    private static final int SHOWN = 300;

    private static final List<String> ABSURD =
            List.of(
                    "",
                    " ",
                    "/",
                    "//",
                    "/data/../..",
                    "/data/./a",
                    "/data/",
                    "\u0000",
                    "/data/\u0007\n",
                    "\ud800",
                    "/data/\ud83d\ude00",
                    "\u202e/data",
                    "x".repeat(LONG),
                    "/" + "d/".repeat(LONG / 2),
                    "%00%2e%2e",
                    "'; drop table job; --",
                    "regex:(a*)*$",
                    "[",
                    "-1",
                    "0",
                    "9223372036854775808",
                    "1e309",
                    "NaN",
                    "null",
                    "true",
                    "*",
                    "2026-02-30T00:00:00Z",
                    "+999999999-12-31T23:59:59Z",
                    "P1000000000D",
                    "PT0S",
                    "-PT1H",
                    "100.1%",
                    "0%");

    private static final List<JsonNode> NUMBERS =
            List.of(
                    NODES.numberNode(0),
                    NODES.numberNode(1),
                    NODES.numberNode(-1),
                    NODES.numberNode(9),
                    NODES.numberNode(1_000),
                    NODES.numberNode(60_000),
                    NODES.numberNode(1 << 20),
                    NODES.numberNode(Integer.MAX_VALUE),
                    NODES.numberNode(Long.MAX_VALUE),
                    NODES.numberNode(Long.MIN_VALUE),
                    NODES.numberNode(new java.math.BigInteger("9223372036854775808")),
                    NODES.numberNode(1.5),
                    NODES.numberNode(new java.math.BigDecimal("1e400")));

    /** One request; {@code query} is encoded and may be empty. */
    record Request(
            String operation,
            String method,
            String path,
            String query,
            Map<String, String> headers,
            @Nullable String body) {

        @Override
        public String toString() {
            String all = "%s %s?%s %s %s".formatted(method, path, query, headers, body);
            return all.length() <= SHOWN ? all : all.substring(0, SHOWN) + "...";
        }
    }

    private final Contract contract;
    private final SplittableRandom random;
    private final Map<String, List<JsonNode>> known = new HashMap<>();
    private final Map<String, List<JsonNode>> always = new HashMap<>();
    private final ObjectMapper json = new ObjectMapper();

    RandomRequests(Contract contract, long seed) {
        this.contract = contract;
        this.random = new SplittableRandom(seed);
    }

    /** Values that parameters and fields called {@code name} may have. */
    void know(String name, Object... values) {
        for (Object value : values) {
            learn(name, json.valueToTree(value));
        }
    }

    /** Values that fields called {@code name} have, and none else: no request is without one. */
    void always(String name, Object... values) {
        List<JsonNode> nodes = new ArrayList<>();
        for (Object value : values) {
            nodes.add(json.valueToTree(value));
        }
        always.put(name, nodes);
    }

    /** Remembers what lies in the JSON of an answer, by the names of its fields. */
    void learn(String answer) {
        try {
            learn("", json.readTree(answer));
        } catch (IOException e) {
            // It was no JSON; nothing is learnt.
        }
    }

    private void learn(String name, JsonNode value) {
        if (value.isValueNode() && !name.isEmpty()) {
            List<JsonNode> values = known.computeIfAbsent(name, n -> new ArrayList<>());
            if (values.size() < KNOWN_PER_NAME) {
                values.add(value);
            } else {
                values.set(random.nextInt(KNOWN_PER_NAME), value);
            }
        } else if (value.isArray()) {
            value.forEach(item -> learn(name, item));
        } else {
            value.properties().forEach(field -> learn(field.getKey(), field.getValue()));
        }
    }

    Request next() {
        Contract.Operation operation =
                contract.operations().get(random.nextInt(contract.operations().size()));
        String path = operation.template();
        StringBuilder query = new StringBuilder();
        Map<String, String> headers = new HashMap<>();
        for (JsonNode parameter : operation.parameters()) {
            String name = parameter.path("name").asText();
            String value = text(name, parameter.path("schema"));
            switch (parameter.path("in").asText()) {
                case "path" -> path = path.replace("{" + name + "}", encoded(value));
                case "query" -> {
                    for (int times = one(8) ? 2 : one(4) ? 0 : 1; times > 0; times--) {
                        query.append(query.isEmpty() ? "" : "&")
                                .append(name)
                                .append('=')
                                .append(encoded(value));
                    }
                }
                case "header" -> {
                    if (one(3)) {
                        headers.put(name, printable(one(2) ? "\"" + value + "\"" : value));
                    }
                }
                default -> throw new AssertionError("a parameter lies in " + parameter);
            }
        }
        Map.Entry<String, JsonNode> content = operation.bodies().firstEntry();
        String body = null;
        if (content != null) {
            headers.put("Content-Type", one(50) ? "text/plain" : content.getKey());
            body = one(50) ? noJson() : value("", content.getValue(), 0).toString();
        } else if (one(20)) {
            headers.put("Content-Type", "application/json");
            body = noJson();
        }
        if (one(50)) {
            headers.put("Accept", one(2) ? "text/html" : "*/*");
        }
        return new Request(
                operation.toString(), operation.method(), path, query.toString(), headers, body);
    }

    private boolean one(int in) {
        return random.nextInt(in) == 0;
    }

    private <T> T any(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private String text(String name, JsonNode schema) {
        JsonNode value = value(name, schema, 0);
        return value.isTextual() ? value.asText() : value.toString();
    }

    private JsonNode value(String name, JsonNode reference, int depth) {
        JsonNode schema = contract.resolve(reference);
        if (one(15)) {
            return absurd();
        }
        if (schema.has("enum")) {
            return any(items(schema.path("enum")));
        }
        if (schema.has("properties")) {
            return object(schema, depth);
        }
        if ("array".equals(schema.path("type").asText())) {
            ArrayNode array = NODES.arrayNode();
            for (int items = random.nextInt(4); items > 0; items--) {
                array.add(value(name, schema.path("items"), depth + 1));
            }
            return array;
        }
        if (known.containsKey(name) && !one(5)) {
            return any(known.get(name));
        }
        return switch (schema.path("type").asText()) {
            case "boolean" -> NODES.booleanNode(one(2));
            case "integer", "number" -> any(NUMBERS);
            default ->
                    schema.has("examples") && !one(3)
                            ? any(items(schema.path("examples")))
                            : NODES.textNode(any(ABSURD));
        };
    }

    private ObjectNode object(JsonNode schema, int depth) {
        List<String> required =
                items(schema.path("required")).stream().map(JsonNode::asText).toList();
        ObjectNode object = NODES.objectNode();
        for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
            if (always.containsKey(field.getKey())) {
                object.set(field.getKey(), any(always.get(field.getKey())));
            } else if (required.contains(field.getKey()) ? !one(20) : one(3 + depth)) {
                object.set(field.getKey(), value(field.getKey(), field.getValue(), depth + 1));
            }
        }
        if (one(40)) {
            object.set("unknown", absurd());
        }
        return object;
    }

    private JsonNode absurd() {
        return switch (random.nextInt(5)) {
            case 0 -> NODES.nullNode();
            case 1 -> NODES.objectNode();
            case 2 -> NODES.arrayNode().addNull();
            case 3 -> any(NUMBERS);
            default -> NODES.textNode(any(ABSURD));
        };
    }

    private String noJson() {
        return switch (random.nextInt(5)) {
            case 0 -> "";
            case 1 -> "{\"path\": ";
            case 2 -> "[".repeat(DEEP);
            case 3 -> "{\"path\": \"/data\"} {}";
            default -> any(ABSURD);
        };
    }

    private static List<JsonNode> items(JsonNode array) {
        List<JsonNode> items = new ArrayList<>();
        array.forEach(items::add);
        return items;
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Other characters no client may send in a header. */
    private static String printable(String value) {
        return value.replaceAll("[^\\x20-\\x7e]", "?").strip();
    }
}
