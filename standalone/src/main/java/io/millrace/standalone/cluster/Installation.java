package io.millrace.standalone.cluster;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where the built programs are: the source tree that {@code ./millrace} stands in.
 *
 * @param root holds one directory for each module
 */
public record Installation(Path root) {

    /** Names the directory; without it, the nearest one above the working directory is taken. */
    public static final String ROOT_PROPERTY = "millrace.root";

    /** The installation this program belongs to. */
    public static Installation find() {
        String named = System.getProperty(ROOT_PROPERTY);
        if (named != null) {
            return new Installation(Path.of(named));
        }
        Path directory = Path.of("").toAbsolutePath();
        for (@Nullable Path at = directory; at != null; at = at.getParent()) {
            if (Files.isRegularFile(at.resolve("standalone/pom.xml"))) {
                return new Installation(at);
            }
        }
        throw new MillraceException(
                ErrorCode.NOT_FOUND,
                "no Millrace above " + directory + "; -D" + ROOT_PROPERTY + " names its directory");
    }

    /** The runnable jar of a module that is a program of its own. */
    Path program(String module) {
        Path jar = root.resolve(module).resolve("target/quarkus-app/quarkus-run.jar");
        if (!Files.isRegularFile(jar)) {
            throw new MillraceException(
                    ErrorCode.NOT_FOUND, jar + " is not built; ./millrace builds it");
        }
        return jar;
    }

    /** The script that starts an agent: it chooses the JVM's options and its AOT cache. */
    Path agent() {
        var _ = program("fuse-agent");
        return root.resolve("scripts/fuse-agent");
    }

    /** What {@code millrace} and the embedded servers run from. */
    String classPath() {
        Path app = root.resolve("standalone/target/quarkus-app");
        if (!Files.isDirectory(app)) {
            throw new MillraceException(
                    ErrorCode.NOT_FOUND, app + " is not built; ./millrace builds it");
        }
        return Stream.of("app", "lib/main", "lib/boot")
                .map(part -> app.resolve(part) + "/*")
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** The running JDK's own launcher, with what every process of a local cluster is started by. */
    List<String> java(String heap) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow");
    }
}
