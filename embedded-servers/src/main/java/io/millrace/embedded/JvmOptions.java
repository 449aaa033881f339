package io.millrace.embedded;

import java.util.ArrayList;
import java.util.List;

/**
 * The JVM of a child process.
 *
 * @param classPath absolute paths; empty: the class path of this process ({@link ChildClassPath})
 * @param flags laid over the server's own, as {@code -Xmx512m} or {@code -XX:AOTCache=PATH}
 */
public record JvmOptions(List<String> classPath, List<String> flags) {

    public static final JvmOptions DEFAULT = new JvmOptions(List.of(), List.of());

    public JvmOptions {
        classPath = List.copyOf(classPath);
        flags = List.copyOf(flags);
    }

    public JvmOptions withFlags(String... more) {
        List<String> all = new ArrayList<>(flags);
        all.addAll(List.of(more));
        return new JvmOptions(classPath, all);
    }

    public JvmOptions withClassPath(List<String> other) {
        return new JvmOptions(other, flags);
    }
}
