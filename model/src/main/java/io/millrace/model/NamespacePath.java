package io.millrace.model;

import java.util.ArrayList;
import java.util.List;

/**
 * An absolute path of the namespace, as people write it and the mount shows it: {@code
 * /imagenet/train/a.jpg}.
 *
 * @param components from the root; empty for the root itself; each passes {@link EntryName#problem}
 */
public record NamespacePath(List<String> components) implements Comparable<NamespacePath> {

    /** {@code /}. */
    public static final NamespacePath ROOT = new NamespacePath(List.of());

    /** Longest path in UTF-8 bytes, as the kernel's PATH_MAX. */
    public static final int MAX_BYTES = 4096;

    public NamespacePath {
        components = List.copyOf(components);
    }

    /**
     * Reads a path that a person or a client wrote. Trailing and repeated slashes are accepted.
     *
     * @throws MillraceException INVALID_ARGUMENT when it is not absolute, has {@code .} or {@code
     *     ..}, or a name that cannot be one
     */
    public static NamespacePath parse(String path) {
        if (!path.startsWith("/")) {
            throw new MillraceException(
                    ErrorCode.INVALID_ARGUMENT,
                    "path '" + path + "' is not absolute: it must start with '/'");
        }
        if (EntryName.utf8Length(path) > MAX_BYTES) {
            throw new MillraceException(
                    ErrorCode.NAME_TOO_LONG, "path is longer than " + MAX_BYTES + " bytes");
        }
        List<String> components = new ArrayList<>();
        for (String component : path.split("/", -1)) {
            if (component.isEmpty()) {
                continue;
            }
            EntryName.problem(component)
                    .ifPresent(problem -> {
                        throw new MillraceException(
                                problem == EntryName.Problem.TOO_LONG
                                        ? ErrorCode.NAME_TOO_LONG
                                        : ErrorCode.INVALID_ARGUMENT,
                                "path '" + path + "': " + problem.explanation());
                    });
            components.add(component);
        }
        return new NamespacePath(components);
    }

    public boolean isRoot() {
        return components.isEmpty();
    }

    /** The last component; empty for the root. */
    public String name() {
        return components.isEmpty() ? "" : components.getLast();
    }

    /** The directory this path lies in; the root's is the root. */
    public NamespacePath parent() {
        return isRoot() ? this : new NamespacePath(components.subList(0, components.size() - 1));
    }

    public NamespacePath child(String name) {
        List<String> longer = new ArrayList<>(components);
        longer.add(name);
        return new NamespacePath(longer);
    }

    /** Whether this is {@code ancestor} or lies below it. */
    public boolean startsWith(NamespacePath ancestor) {
        return components.size() >= ancestor.components.size()
                && components.subList(0, ancestor.components.size()).equals(ancestor.components);
    }

    @Override
    public int compareTo(NamespacePath other) {
        int common = Math.min(components.size(), other.components.size());
        for (int i = 0; i < common; i++) {
            int byName = EntryName.compare(components.get(i), other.components.get(i));
            if (byName != 0) {
                return byName;
            }
        }
        return Integer.compare(components.size(), other.components.size());
    }

    @Override
    public String toString() {
        return "/" + String.join("/", components);
    }
}
