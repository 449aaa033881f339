package io.millrace.model;

import java.util.regex.Pattern;

/**
 * Names a worker for as long as its cache directory lives.
 *
 * @param value 1 to 63 of {@code a-z 0-9 -}, starting with a letter or digit
 */
public record WorkerId(String value) implements Comparable<WorkerId> {

    private static final Pattern FORM = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");

    public WorkerId {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "not a worker id: '" + value + "' (1 to 63 of a-z, 0-9 and -)");
        }
    }

    @Override
    public int compareTo(WorkerId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
