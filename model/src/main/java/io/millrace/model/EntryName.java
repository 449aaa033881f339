package io.millrace.model;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** The rule for names of directory entries: what the kernel can show and people can type. */
public final class EntryName {

    /** Longest name in UTF-8 bytes, as the kernel's NAME_MAX. */
    public static final int MAX_BYTES = 255;

    /** Why a text cannot be the name of a directory entry. */
    public enum Problem {
        EMPTY("a name is empty"),
        DOT("a name is '.' or '..'"),
        SLASH("a name holds '/'"),
        TOO_LONG("a name is longer than " + MAX_BYTES + " bytes"),
        CONTROL_CHARACTER("a name holds a control character"),
        NOT_UNICODE("a name is not well-formed Unicode");

        private final String explanation;

        Problem(String explanation) {
            this.explanation = explanation;
        }

        /** One clause for messages and listings. */
        public String explanation() {
            return explanation;
        }
    }

    private EntryName() {}

    /** Why {@code name} cannot be a name; empty when it can. */
    public static Optional<Problem> problem(String name) {
        if (name.isEmpty()) {
            return Optional.of(Problem.EMPTY);
        }
        if (name.equals(".") || name.equals("..")) {
            return Optional.of(Problem.DOT);
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == '/') {
                return Optional.of(Problem.SLASH);
            }
            if (c < 0x20 || c == 0x7f) {
                return Optional.of(Problem.CONTROL_CHARACTER);
            }
            if (Character.isSurrogate(c)) {
                if (i + 1 >= name.length() || !Character.isSurrogatePair(c, name.charAt(i + 1))) {
                    return Optional.of(Problem.NOT_UNICODE);
                }
                i++;
            }
        }
        return utf8Length(name) > MAX_BYTES ? Optional.of(Problem.TOO_LONG) : Optional.empty();
    }

    /** Compares by the bytes of UTF-8: the order of S3 listings and of Postgres' collation "C". */
    public static int compare(String a, String b) {
        return Arrays.compareUnsigned(
                a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
    }

    static int utf8Length(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
