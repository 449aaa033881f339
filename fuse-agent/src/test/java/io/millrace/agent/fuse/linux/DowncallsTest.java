package io.millrace.agent.fuse.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A native image can call what is registered, and nothing else. */
class DowncallsTest {

    private static final Path METADATA =
            Path.of(
                    "src/main/resources/META-INF/native-image/io.millrace/fuse-agent",
                    "reachability-metadata.json");
    private static final int MOST_ARGUMENTS = 16;

    @Test
    void everySignatureIsRegisteredAndNoOther() throws Exception {
        initialiseAllThatCall();
        assertFalse(Downcalls.linked().isEmpty());

        Set<String> wanted =
                Downcalls.linked().stream()
                        .map(DowncallsTest::registration)
                        .collect(Collectors.toCollection(TreeSet::new));

        assertEquals(
                String.join("\n", wanted),
                String.join("\n", registered()),
                () -> METADATA + " must hold these downcalls");
    }

    /** Classes that hold handles link them when they are initialised. */
    private static void initialiseAllThatCall() throws Exception {
        Path classes = Path.of("target/classes");
        try (Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
                String name = classes.relativize(file).toString().replace('/', '.');
                if (!name.startsWith("io.millrace.agent.fuse.linux.")) {
                    continue;
                }
                Class<?> type =
                        Class.forName(
                                name.substring(0, name.length() - ".class".length()),
                                false,
                                DowncallsTest.class.getClassLoader());
                if (Arrays.stream(type.getDeclaredFields())
                        .map(Field::getType)
                        .anyMatch(MethodHandle.class::equals)) {
                    Class.forName(type.getName(), true, type.getClassLoader());
                }
            }
        }
    }

    private static Set<String> registered() throws IOException {
        try (Stream<String> lines = Files.lines(METADATA)) {
            return lines.map(String::strip)
                    .filter(line -> line.startsWith("{\"returnType\""))
                    .map(line -> line.endsWith(",") ? line.substring(0, line.length() - 1) : line)
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static String registration(Downcalls.Signature signature) {
        String options =
                signature.options().stream()
                        .map(DowncallsTest::option)
                        .sorted()
                        .collect(Collectors.joining(", "));
        return "{\"returnType\": "
                + signature.descriptor().returnLayout().map(DowncallsTest::type).orElse("\"void\"")
                + ", \"parameterTypes\": ["
                + signature.descriptor().argumentLayouts().stream()
                        .map(DowncallsTest::type)
                        .collect(Collectors.joining(", "))
                + "]"
                + (options.isEmpty() ? "" : ", \"options\": {" + options + "}")
                + "}";
    }

    private static String type(MemoryLayout layout) {
        if (layout instanceof ValueLayout value && value.carrier().isPrimitive()) {
            return "\"j" + value.carrier().getName() + "\"";
        }
        throw new IllegalArgumentException(layout + ": write down here how it is registered");
    }

    private static String option(Linker.Option option) {
        if (option.equals(Linker.Option.captureCallState("errno"))) {
            return "\"captureCallState\": true";
        }
        return IntStream.rangeClosed(0, MOST_ARGUMENTS)
                .filter(i -> option.equals(Linker.Option.firstVariadicArg(i)))
                .mapToObj(i -> "\"firstVariadicArg\": " + i)
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                option + ": write down here how it is registered"));
    }
}
