package io.millrace.testkit.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SourceTreeTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final int MAX_LINES = 500;
    private static final Pattern TEST_METHOD =
            Pattern.compile("@(Test|ParameterizedTest|RepeatedTest|TestFactory)\\b");

    @Test
    void noFileIsLongerThanAReaderCanHold() {
        List<String> tooLong = new ArrayList<>();
        for (Path file : javaFiles()) {
            int lines = read(file).split("\n", -1).length - 1;
            if (lines > MAX_LINES) {
                tooLong.add(ROOT.relativize(file) + ": " + lines + " lines");
            }
        }
        assertEquals(List.of(), tooLong);
    }

    @Test
    void everyClassWithTestsHasANameThatIsRun() {
        List<String> notRun = new ArrayList<>();
        for (Path file : javaFiles()) {
            String text = read(file);
            String name = file.getFileName().toString();
            boolean isRun = name.endsWith("Test.java") || name.endsWith("IT.java");
            boolean isSuite = text.contains("abstract class ") || text.contains("interface ");
            if (file.toString().contains("/src/test/")
                    && TEST_METHOD.matcher(text).find()
                    && !isRun
                    && !isSuite) {
                notRun.add(ROOT.relativize(file).toString());
            }
        }
        assertEquals(List.of(), notRun);
    }

    @Test
    void nothingIsLeftForLaterInTheCode() {
        Pattern later = Pattern.compile("\\b(TODO|FIXME|XXX)\\b|@Disabled\\b");
        List<String> left = new ArrayList<>();
        for (Path file : javaFiles()) {
            if (!file.endsWith("SourceTreeTest.java") && later.matcher(read(file)).find()) {
                left.add(ROOT.relativize(file).toString());
            }
        }
        assertEquals(List.of(), left);
    }

    @Test
    void everyPackageIsNullMarked() {
        List<String> unmarked = new ArrayList<>();
        for (Path file : javaFiles()) {
            Path info = file.resolveSibling("package-info.java");
            boolean inMain = file.toString().contains("/src/main/java/");
            if (inMain && (!Files.exists(info) || !read(info).contains("@NullMarked"))) {
                unmarked.add(ROOT.relativize(file.getParent()).toString());
            }
        }
        assertEquals(List.of(), unmarked.stream().distinct().toList());
    }

    private static List<Path> javaFiles() {
        try (Stream<Path> walk = Files.walk(ROOT, 20)) {
            List<Path> files =
                    walk.filter(path -> path.toString().endsWith(".java"))
                            .filter(path -> !path.toString().contains("/target/"))
                            .sorted()
                            .toList();
            assertTrue(files.size() > 50, "only " + files.size() + " sources below " + ROOT);
            return files;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
