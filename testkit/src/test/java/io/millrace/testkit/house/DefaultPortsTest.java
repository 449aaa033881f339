package io.millrace.testkit.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who calls a service by default calls where it listens by default. */
class DefaultPortsTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern ADDRESS =
            Pattern.compile(
                    "@WithDefault\\(\"127\\.0\\.0\\.1:(\\d+)\"\\)"
                            + "(?:\\s*@\\w+\\([^)]*\\))*\\s*\\w+ (\\w+)\\(\\)");

    @ParameterizedTest
    @CsvSource({"metadata-service, metadataService", "job-service, jobService"})
    void callersMeetTheService(String module, String setting) throws IOException {
        Properties own = new Properties();
        Path resources = ROOT.resolve(module).resolve("src/main/resources/application.properties");
        try (var reader = Files.newBufferedReader(resources)) {
            own.load(reader);
        }
        String port = own.getProperty("quarkus.grpc.server.port");

        Map<String, String> others = new TreeMap<>();
        for (Path source : settings()) {
            for (MatchResult found : ADDRESS.matcher(Files.readString(source)).results().toList()) {
                if (found.group(2).equals(setting) && !found.group(1).equals(port)) {
                    others.put(ROOT.relativize(source).toString(), found.group(1));
                }
            }
        }

        assertEquals(Map.of(), others, module + " listens on " + port);
    }

    @ParameterizedTest
    @CsvSource({"metadataService, 3", "jobService, 1"})
    void theCallersAreFound(String setting, int least) throws IOException {
        long found = 0;
        for (Path source : settings()) {
            found +=
                    ADDRESS.matcher(Files.readString(source))
                            .results()
                            .filter(match -> match.group(2).equals(setting))
                            .count();
        }
        assertFalse(found < least, setting + " is found " + found + " times");
    }

    private static List<Path> settings() throws IOException {
        try (Stream<Path> all = Files.walk(ROOT, 12)) {
            return all.filter(path -> path.toString().contains("/src/main/java/"))
                    .filter(path -> path.toString().contains("/boot/"))
                    .filter(path -> path.toString().endsWith(".java"))
                    .toList();
        }
    }
}
