package io.millrace.job.selection;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;

/**
 * One pattern, compiled. Matching takes time linear in the path, whatever the pattern is: patterns
 * come from outside, and a planner must not hang on one.
 */
final class PathPattern {

    private static final String REGEX = "regex:";
    private static final int LONGEST = 1_024;

    /** Counts as {@code a{100}} are unrolled when they are compiled, also within each other. */
    private static final long MOST_REPEATS = 1_000;

    private final Pattern compiled;
    private final boolean ofName;

    private PathPattern(Pattern compiled, boolean ofName) {
        this.compiled = compiled;
        this.ofName = ofName;
    }

    /**
     * @param name what the pattern is for, for the error
     * @throws MillraceException INVALID_ARGUMENT when it is none
     */
    static PathPattern parse(String name, String text) {
        if (text.isEmpty() || text.length() > LONGEST) {
            throw Selection.invalid(
                    "a pattern of %s has 1 to %d characters, not %d"
                            .formatted(name, LONGEST, text.length()));
        }
        if (text.indexOf(0) >= 0) {
            throw Selection.invalid("a pattern of " + name + " has a character 0");
        }
        try {
            if (text.startsWith(REGEX)) {
                String regex = text.substring(REGEX.length());
                checkRepeats(regex);
                return new PathPattern(Pattern.compile(regex), false);
            }
            String glob = text.endsWith("/") ? text + "**" : text;
            boolean ofName = glob.indexOf('/') < 0;
            String relative = glob.startsWith("/") ? glob.substring(1) : glob;
            return new PathPattern(
                    Pattern.compile("^(?:" + Glob.toRegex(relative) + ")$", Pattern.DOTALL),
                    ofName);
        } catch (PatternSyntaxException e) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "%s '%s' is no pattern: %s".formatted(name, text, e.getDescription()),
                    e);
        }
    }

    private static void checkRepeats(String regex) {
        long repeats = 1;
        int open = regex.indexOf('{');
        while (open >= 0) {
            long largest = 1;
            long number = 0;
            for (int i = open + 1; i < regex.length() && regex.charAt(i) != '}'; i++) {
                char c = regex.charAt(i);
                number =
                        c >= '0' && c <= '9'
                                ? Math.min(MOST_REPEATS + 1, 10 * number + c - '0')
                                : 0;
                largest = Math.max(largest, number);
            }
            repeats *= largest;
            if (repeats > MOST_REPEATS) {
                throw new PatternSyntaxException(
                        "its counts multiply to more than " + MOST_REPEATS, regex);
            }
            open = regex.indexOf('{', open + 1);
        }
    }

    /**
     * @param relative from where the job begins, without a leading {@code /}
     * @param name its last component
     */
    boolean matches(String relative, String name) {
        return compiled.matcher(ofName ? name : relative).find();
    }
}
