package io.millrace.job.selection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SelectorTest {

    private static final Instant THEN = Instant.parse("2026-11-27T00:00:00Z");

    /** Pattern, path from where the job begins, whether it is taken. */
    private static final String TABLE =
            """
            *.jpg                a.jpg            true
            *.jpg                x/y/a.jpg        true
            *.jpg                a.jpeg           false
            *.JPG                a.jpg            false
            /*.jpg               a.jpg            true
            /*.jpg               x/a.jpg          false
            x/*.jpg              x/a.jpg          true
            x/*.jpg              w/x/a.jpg        false
            x/*.jpg              x/y/a.jpg        false
            x/**                 x/y/a.jpg        true
            x/                   x/y/a.jpg        true
            x/                   w/x/a.jpg        false
            **/x/                w/x/a.jpg        true
            **/x/                x/a.jpg          true
            **/x/                wx/a.jpg         false
            x/**/z/a             x/z/a            true
            x/**/z/a             x/y/y/z/a        true
            x/**/z/a             x/yz/a           false
            x/**.jpg             x/y/a.jpg        true
            a**/z                ab/c/z           true
            ?.txt                a.txt            true
            ?.txt                ab.txt           false
            ?.txt                é.txt            true
            ?.txt                😀.txt           true
            😀*                  😀.txt           true
            [a-c]1               b1               true
            [a-c]1               d1               false
            [!a-c]1              d1               true
            [^a-c]1              b1               false
            x[!a]y/z             x/y/z            false
            []]x                 ]x               true
            *.{jpg,png}          a.png            true
            *.{jpg,png}          a.gif            false
            {a,b/c}/x            b/c/x            true
            a.b                  axb              false
            a+(b)                a+(b)            true
            a\\*b                a*b              true
            a\\*b                axb              false
            a}b,c                a}b,c            true
            regex:^shard-\\d+$   shard-07         true
            regex:^shard-\\d+$   x/shard-07       false
            regex:/shard-        x/shard-07       true
            regex:(?i)\\.JPE?G$  x/a.jpg          true
            """;

    static Stream<Arguments> table() {
        return TABLE.lines()
                .map(line -> line.strip().split(" +"))
                .map(row -> arguments(row[0], row[1], row[2].equals("true")));
    }

    @ParameterizedTest
    @MethodSource("table")
    void aPatternTakesWhatItSays(String pattern, String relative, boolean taken) {
        Selector includes = selector(List.of(pattern), List.of());
        Selector excludes = selector(List.of(), List.of(pattern));
        String path = "/data/set/" + relative;

        assertEquals(taken, includes.takes(path, 1, THEN));
        assertEquals(!taken, excludes.takes(path, 1, THEN));
    }

    @Test
    void globsWithoutDoubleStarsMatchAsThePlatformsDo() {
        Random random = new Random(7);
        String[] parts = {"a", "b", "ab", "*", "?", "[ab]", "[!a]", "{a,ba}", "/", "."};
        int matched = 0;
        for (int i = 0; i < 20_000; i++) {
            StringBuilder glob = new StringBuilder();
            for (int part = 1 + random.nextInt(5); part > 0; part--) {
                glob.append(parts[random.nextInt(parts.length)]);
            }
            String text = ("x/" + glob).replaceAll("/+", "/").replaceAll("/$", "");
            if (text.contains("**")) {
                continue;
            }
            PathMatcher oracle = FileSystems.getDefault().getPathMatcher("glob:" + text);
            Selector selector = selector(List.of(text), List.of());
            for (String name : List.of("a", "b", "ab", "a/b", "ba", "b.a", "ab/ab", "aab", ".")) {
                boolean expected = oracle.matches(Path.of("x/" + name));
                matched += expected ? 1 : 0;
                assertEquals(
                        expected,
                        selector.takes("/data/set/x/" + name, 1, THEN),
                        () -> text + " of x/" + name);
            }
        }
        assertTrue(matched > 1_000, "only " + matched + " matched");
    }

    @Test
    void whatIsExcludedIsNotTakenWhateverIncludesIt() {
        Selector selector = selector(List.of("*.jpg", "*.png"), List.of("tmp/", "*-bad.jpg"));

        assertTrue(selector.takes("/data/set/a.jpg", 1, THEN));
        assertTrue(selector.takes("/data/set/x/a.png", 1, THEN));
        assertFalse(selector.takes("/data/set/x/a-bad.jpg", 1, THEN));
        assertFalse(selector.takes("/data/set/tmp/a.jpg", 1, THEN));
        assertFalse(selector.takes("/data/set/a.gif", 1, THEN));
    }

    @Test
    void boundsAreInclusiveButTheLaterTime() {
        Selector selector =
                new Selector(
                        new Selection(
                                List.of(),
                                List.of(),
                                10,
                                20,
                                Optional.of(THEN),
                                Optional.of(THEN.plusSeconds(1))),
                        NamespacePath.parse("/"));

        assertTrue(selector.takes("/a", 10, THEN));
        assertTrue(selector.takes("/a", 20, THEN.plusMillis(999)));
        assertFalse(selector.takes("/a", 9, THEN));
        assertFalse(selector.takes("/a", 21, THEN));
        assertFalse(selector.takes("/a", 10, THEN.minusMillis(1)));
        assertFalse(selector.takes("/a", 10, THEN.plusSeconds(1)));
    }

    @Test
    void aJobOfOneFileMatchesItsName() {
        Selector selector =
                new Selector(
                        selection(List.of("*.jpg"), List.of()),
                        NamespacePath.parse("/data/set/a.jpg"));

        assertTrue(selector.takes("/data/set/a.jpg", 1, THEN));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[a",
                "{a",
                "{a,{b}}",
                "a\\",
                "[a/b]",
                "regex:(",
                "regex:a{1001}",
                "a\0b",
                "regex:((a{30}){30}){30}",
                "regex:(a{2,1000}){2}",
                "regex:(?=a)"
            })
    void whatIsNoPatternIsRefusedAndNamed(String bad) {
        MillraceException refused =
                assertThrows(
                        MillraceException.class, () -> selection(List.of(), List.of("*", bad)));

        assertEquals(ErrorCode.INVALID_ARGUMENT, refused.code());
        assertTrue(refused.getMessage().contains("exclude"), refused.getMessage());
    }

    @Test
    void tooManyPatternsAndBoundsWithoutRoomAreRefused() {
        assertThrows(
                MillraceException.class, () -> selection(Collections.nCopies(101, "*"), List.of()));
        assertThrows(
                MillraceException.class, () -> selection(List.of("x".repeat(1_025)), List.of()));
        for (long[] sizes : new long[][] {{-1, 5}, {6, 5}, {0, -1}}) {
            assertThrows(
                    MillraceException.class,
                    () ->
                            new Selection(
                                    List.of(),
                                    List.of(),
                                    sizes[0],
                                    sizes[1],
                                    Optional.empty(),
                                    Optional.empty()));
        }
        for (Optional<Instant> until :
                List.of(Optional.of(THEN), Optional.of(Instant.MAX), Optional.of(Instant.MIN))) {
            assertThrows(
                    MillraceException.class,
                    () -> new Selection(List.of(), List.of(), 0, 5, Optional.of(THEN), until));
        }
    }

    @Test
    void noPatternTakesLongOnAnyPath() {
        Selector selector =
                selector(
                        List.of("*a*a*a*a*a*a*a*a*a*a*b", "regex:(a*)*(a|a)*b$"),
                        List.of("**/**/**/**/**/**/c"));

        assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> assertFalse(selector.takes("/data/set/" + "a".repeat(4_000), 1, THEN)));
    }

    private static Selection selection(List<String> include, List<String> exclude) {
        return new Selection(
                include, exclude, 0, Long.MAX_VALUE, Optional.empty(), Optional.empty());
    }

    private static Selector selector(List<String> include, List<String> exclude) {
        return new Selector(selection(include, exclude), NamespacePath.parse("/data/set"));
    }
}
