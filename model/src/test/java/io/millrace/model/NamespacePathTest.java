package io.millrace.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamespacePathTest {

    @Test
    void repeatedAndTrailingSlashesMeanNothing() {
        assertEquals(List.of("a", "b"), NamespacePath.parse("//a///b/").components());
        assertEquals(NamespacePath.ROOT, NamespacePath.parse("/"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a/b", "/a/../b", "/./a", "/a\nb", "/a\u007f", "/\ud800"})
    void whatCannotBeAPathIsRefused(String path) {
        MillraceException refused =
                assertThrows(MillraceException.class, () -> NamespacePath.parse(path));

        assertEquals(ErrorCode.INVALID_ARGUMENT, refused.code());
    }

    @Test
    void aNameOfOver255BytesIsTooLongEvenWhenItHasFewerCharacters() {
        assertEquals(255, NamespacePath.parse("/" + "x".repeat(255)).name().length());

        MillraceException refused =
                assertThrows(
                        MillraceException.class,
                        () -> NamespacePath.parse("/" + "\u00e9".repeat(128)));

        assertEquals(ErrorCode.NAME_TOO_LONG, refused.code());
    }

    @Test
    void aPathLiesBelowItsAncestorsByComponentsNotByLetters() {
        NamespacePath path = NamespacePath.parse("/data/train/x");

        assertTrue(path.startsWith(NamespacePath.parse("/data")));
        assertTrue(path.startsWith(path));
        assertFalse(NamespacePath.parse("/data2").startsWith(NamespacePath.parse("/data")));
    }

    @Test
    void namesCompareByTheBytesOfUtf8() {
        assertTrue(EntryName.compare("\uffee", "\ud83d\ude00") < 0);
        assertTrue("\uffee".compareTo("\ud83d\ude00") > 0);
    }
}
