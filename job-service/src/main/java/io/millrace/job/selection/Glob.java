package io.millrace.job.selection;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;

/** Globs as regular expressions. */
final class Glob {

    private final String glob;
    private final StringBuilder regex = new StringBuilder();
    private int at;
    private boolean inChoice;

    private Glob(String glob) {
        this.glob = glob;
    }

    /**
     * @throws PatternSyntaxException when a bracket is not closed, braces are nested, or a
     *     backslash is the last character
     */
    static String toRegex(String glob) {
        return new Glob(glob).translate();
    }

    private String translate() {
        while (at < glob.length()) {
            char c = glob.charAt(at++);
            switch (c) {
                case '*' -> star();
                case '?' -> regex.append("[^/]");
                case '[' -> characters();
                case '{' -> {
                    if (inChoice) {
                        throw wrong("braces within braces");
                    }
                    inChoice = true;
                    regex.append("(?:");
                }
                case '}' -> {
                    regex.append(inChoice ? ")" : "\\}");
                    inChoice = false;
                }
                case ',' -> regex.append(inChoice ? "|" : ",");
                case '\\' -> {
                    if (at == glob.length()) {
                        throw wrong("a backslash at its end");
                    }
                    at += literal(at);
                }
                default -> at += literal(at - 1) - 1;
            }
        }
        if (inChoice) {
            throw wrong("a brace that is not closed");
        }
        return regex.toString();
    }

    /** The character at {@code index}, which may take two places; how many it takes. */
    private int literal(int index) {
        int character = glob.codePointAt(index);
        regex.append(Pattern.quote(Character.toString(character)));
        return Character.charCount(character);
    }

    /** {@code **}{@code /} is also no directory at all. */
    private void star() {
        if (at == glob.length() || glob.charAt(at) != '*') {
            regex.append("[^/]*");
            return;
        }
        at++;
        boolean whole = at == 2 || glob.charAt(at - 3) == '/';
        if (whole && at < glob.length() && glob.charAt(at) == '/') {
            at++;
            regex.append("(?:.*/)?");
        } else {
            regex.append(".*");
        }
    }

    private void characters() {
        int end = glob.indexOf(']', at + 1);
        if (end < 0) {
            throw wrong("a bracket that is not closed");
        }
        boolean none = glob.charAt(at) == '!' || glob.charAt(at) == '^';
        String set = glob.substring(none ? at + 1 : at, end);
        regex.append(none ? "[^/" : "[");
        for (int i = 0; i < set.length(); i++) {
            char c = set.charAt(i);
            if (c == '/') {
                throw wrong("a / within brackets");
            }
            if (c == '\\' || c == '[' || c == ']' || c == '^' || c == '&') {
                regex.append('\\');
            }
            regex.append(c);
        }
        regex.append(']');
        at = end + 1;
    }

    private PatternSyntaxException wrong(String what) {
        return new PatternSyntaxException(what, glob);
    }
}
