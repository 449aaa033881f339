package io.millrace.embedded;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The class path for children in a JVM.
 *
 * <p>What {@code java.class.path} says is not always where classes come from: test runners start
 * from a jar whose manifest names the rest, and a Quarkus application from one beside which its
 * libraries lie.
 */
public final class ChildClassPath {

    private static final String QUARKUS_RUNNER = "quarkus-run.jar";

    private ChildClassPath() {}

    /** Everything on the class path of this process, as absolute paths. */
    public static List<String> own() {
        Set<Path> entries = new LinkedHashSet<>();
        // Set by Surefire and Failsafe when the real class path is in a manifest.
        addAll(entries, System.getProperty("surefire.test.class.path"));
        addAll(entries, System.getProperty("java.class.path"));
        codeSource(ChildClassPath.class, entries);
        return entries.stream().map(Path::toString).toList();
    }

    /**
     * The class path of a packaged Quarkus application.
     *
     * @param directory {@code quarkus-app}, with {@code lib/main} and {@code lib/boot} below
     */
    public static List<String> ofQuarkusApp(Path directory) {
        Set<Path> entries = new LinkedHashSet<>();
        addQuarkusApp(entries, directory);
        return entries.stream().map(Path::toString).toList();
    }

    private static void addAll(Set<Path> entries, @Nullable String classPath) {
        if (classPath == null) {
            return;
        }
        for (String entry : classPath.split(File.pathSeparator, -1)) {
            if (!entry.isEmpty()) {
                add(entries, Path.of(entry).toAbsolutePath().normalize());
            }
        }
    }

    private static void add(Set<Path> entries, Path entry) {
        if (!Files.exists(entry) || !entries.add(entry) || Files.isDirectory(entry)) {
            return;
        }
        if (entry.endsWith(QUARKUS_RUNNER) && entry.getParent() != null) {
            addQuarkusApp(entries, entry.getParent());
        }
        for (Path further : named(entry)) {
            add(entries, further);
        }
    }

    /** The entries that a jar's manifest names. */
    private static List<Path> named(Path jar) {
        try (JarFile file = new JarFile(jar.toFile())) {
            Manifest manifest = file.getManifest();
            String names =
                    manifest == null
                            ? null
                            : manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
            if (names == null) {
                return List.of();
            }
            return Stream.of(names.trim().split(" +"))
                    .map(name -> jar.toUri().resolve(name))
                    .filter(uri -> "file".equals(uri.getScheme()))
                    .map(uri -> Path.of(URI.create("file://" + uri.getRawPath())))
                    .toList();
        } catch (IOException | IllegalArgumentException e) {
            // Not a jar, or one with names that are not paths: then nothing is named.
            return List.of();
        }
    }

    private static void addQuarkusApp(Set<Path> entries, Path directory) {
        for (String part : List.of("lib/main", "lib/boot", "lib", "app")) {
            Path folder = directory.resolve(part);
            if (!Files.isDirectory(folder)) {
                continue;
            }
            try (Stream<Path> jars = Files.list(folder)) {
                jars.filter(jar -> jar.toString().endsWith(".jar")).sorted().forEach(entries::add);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    private static void codeSource(Class<?> type, Set<Path> entries) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        if (source == null || source.getLocation() == null) {
            return;
        }
        try {
            URI location = source.getLocation().toURI();
            if ("file".equals(location.getScheme())) {
                add(entries, Path.of(location).toAbsolutePath().normalize());
            }
        } catch (URISyntaxException e) {
            // Not a file: then it cannot be given to a child either.
            return;
        }
    }
}
