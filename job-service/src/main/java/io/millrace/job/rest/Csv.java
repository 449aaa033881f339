package io.millrace.job.rest;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Rows of RFC 4180, in which no cell is a formula to a spreadsheet. */
final class Csv {

    /** What a spreadsheet takes for the beginning of a formula, at once or once it is trimmed. */
    private static final String FORMULA = "=+-@\t\r\n";

    private Csv() {}

    static String row(String... cells) {
        return Arrays.stream(cells).map(Csv::cell).collect(Collectors.joining(",", "", "\r\n"));
    }

    private static String cell(String text) {
        String safe = text.isEmpty() || FORMULA.indexOf(text.charAt(0)) < 0 ? text : "'" + text;
        return safe.chars().anyMatch(c -> ",\"\r\n".indexOf(c) >= 0)
                ? '"' + safe.replace("\"", "\"\"") + '"'
                : safe;
    }
}
