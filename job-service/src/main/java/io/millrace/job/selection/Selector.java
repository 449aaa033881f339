package io.millrace.job.selection;

import io.millrace.model.NamespacePath;
import java.time.Instant;
import java.util.List;

/** A selection below one path, compiled. Safe for many threads. */
public final class Selector {

    private final Selection selection;
    private final String root;
    private final List<PathPattern> include;
    private final List<PathPattern> exclude;

    /**
     * @param root where the job begins: a directory, or the one file itself
     */
    public Selector(Selection selection, NamespacePath root) {
        this.selection = selection;
        this.root = root.isRoot() ? "/" : root + "/";
        this.include = compiled("include", selection.include());
        this.exclude = compiled("exclude", selection.exclude());
    }

    private static List<PathPattern> compiled(String name, List<String> patterns) {
        return patterns.stream().map(pattern -> PathPattern.parse(name, pattern)).toList();
    }

    /**
     * Whether a file is meant.
     *
     * @param path absolute, below the root or the root itself
     */
    public boolean takes(String path, long bytes, Instant modified) {
        if (bytes < selection.minBytes() || bytes > selection.maxBytes()) {
            return false;
        }
        if (selection.modifiedSince().isPresent()
                && modified.isBefore(selection.modifiedSince().get())) {
            return false;
        }
        if (selection.modifiedBefore().isPresent()
                && !modified.isBefore(selection.modifiedBefore().get())) {
            return false;
        }
        if (include.isEmpty() && exclude.isEmpty()) {
            return true;
        }
        String name = path.substring(path.lastIndexOf('/') + 1);
        String relative = path.startsWith(root) ? path.substring(root.length()) : name;
        return (include.isEmpty() || anyMatches(include, relative, name))
                && !anyMatches(exclude, relative, name);
    }

    private static boolean anyMatches(List<PathPattern> patterns, String relative, String name) {
        for (PathPattern pattern : patterns) {
            if (pattern.matches(relative, name)) {
                return true;
            }
        }
        return false;
    }
}
