package io.millrace.metadata.namespace;

import io.millrace.model.EntryName;
import io.millrace.understore.ListPage;
import io.millrace.understore.ObjectStatus;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One page of a bucket's one-level listing as entries of a directory: which keys are files, which
 * are directories, and which cannot be shown (docs/semantics.md).
 *
 * @param files by name
 * @param directories names
 * @param hidden keys that cannot be paths
 * @param last the place in listing order up to which the entries are complete: a file's name, or a
 *     directory's and {@code /}; empty: no entry
 */
record ListedEntries(
        SortedMap<String, ObjectStatus> files,
        SortedSet<String> directories,
        List<HiddenKey> hidden,
        String last) {

    /** A key of the bucket that has no path. */
    record HiddenKey(String key, String reason) {

        private static final int MAX_RAW_BYTES = 2_000;

        static HiddenKey behindDirectory(String key) {
            return new HiddenKey(key, "a directory has the same name");
        }

        static HiddenKey markerWithBytes(String key) {
            return new HiddenKey(key, "it ends in '/' and yet holds bytes");
        }

        static HiddenKey forbidden(String key) {
            return new HiddenKey(key, "the bucket does not let its metadata be read");
        }

        /** Orders as the bucket does. Cut where it would be too long for an index of Postgres. */
        byte[] raw() {
            byte[] raw = key.getBytes(StandardCharsets.UTF_8);
            return raw.length <= MAX_RAW_BYTES ? raw : Arrays.copyOf(raw, MAX_RAW_BYTES);
        }

        /** The key with what a terminal or Postgres cannot hold as {@code \\uXXXX}. */
        String shown() {
            StringBuilder shown = new StringBuilder(key.length());
            for (int i = 0; i < key.length(); i++) {
                char c = key.charAt(i);
                boolean pair =
                        i + 1 < key.length() && Character.isSurrogatePair(c, key.charAt(i + 1));
                if (pair) {
                    shown.append(c).append(key.charAt(++i));
                } else if (c < 0x20 || c == 0x7f || Character.isSurrogate(c)) {
                    shown.append("\\u%04x".formatted((int) c));
                } else {
                    shown.append(c);
                }
            }
            return shown.toString();
        }
    }

    /**
     * Sorts {@code page} into entries.
     *
     * @param prefix of the directory; empty or ending in {@code /}
     */
    static ListedEntries of(String prefix, ListPage page) {
        SortedMap<String, ObjectStatus> files = new TreeMap<>(EntryName::compare);
        SortedSet<String> directories = new TreeSet<>(EntryName::compare);
        List<HiddenKey> hidden = new ArrayList<>();
        String last = "";
        for (String common : page.commonPrefixes()) {
            String name = common.substring(prefix.length(), common.length() - 1);
            Optional<EntryName.Problem> problem = EntryName.problem(name);
            if (problem.isPresent()) {
                hidden.add(new HiddenKey(common, problem.get().explanation()));
            } else {
                directories.add(name);
                last = later(last, name + "/");
            }
        }
        for (ObjectStatus object : page.objects()) {
            String name = object.key().substring(prefix.length());
            if (name.isEmpty()) {
                // The marker of the directory itself.
                if (object.length() > 0) {
                    hidden.add(HiddenKey.markerWithBytes(object.key()));
                }
                continue;
            }
            Optional<EntryName.Problem> problem = EntryName.problem(name);
            if (problem.isPresent()) {
                hidden.add(new HiddenKey(object.key(), problem.get().explanation()));
                continue;
            }
            last = later(last, name);
            if (directories.contains(name)) {
                hidden.add(HiddenKey.behindDirectory(object.key()));
            } else {
                files.put(name, object);
            }
        }
        return new ListedEntries(files, directories, hidden, last);
    }

    /** What one name is. */
    static ListedEntries ofName(String name, boolean isDirectory, Optional<ObjectStatus> object) {
        SortedMap<String, ObjectStatus> files = new TreeMap<>(EntryName::compare);
        SortedSet<String> directories = new TreeSet<>(EntryName::compare);
        List<HiddenKey> hidden = new ArrayList<>();
        if (isDirectory) {
            directories.add(name);
            object.ifPresent(behind -> hidden.add(HiddenKey.behindDirectory(behind.key())));
        } else {
            object.ifPresent(file -> files.put(name, file));
        }
        return new ListedEntries(files, directories, hidden, name);
    }

    /** The same where the object may not be looked at. */
    static ListedEntries ofForbidden(String name, boolean isDirectory, String key) {
        ListedEntries entries = ofName(name, isDirectory, Optional.empty());
        entries.hidden().add(HiddenKey.forbidden(key));
        return entries;
    }

    /**
     * The same with what the bucket said of the objects {@code asked} for: those it did not find
     * are no longer there, and those it said nothing of are hidden.
     */
    ListedEntries with(Collection<ObjectStatus> asked, AttributeReads.Said said) {
        Set<String> gone = new HashSet<>();
        asked.forEach(object -> gone.add(object.key()));
        gone.removeAll(said.found().keySet());
        SortedMap<String, ObjectStatus> known = new TreeMap<>(EntryName::compare);
        files.forEach((name, object) -> {
            if (!gone.contains(object.key())) {
                known.put(name, said.found().getOrDefault(object.key(), object));
            }
        });
        List<HiddenKey> notShown = new ArrayList<>(hidden);
        for (String key : said.forbidden()) {
            notShown.add(HiddenKey.forbidden(key));
        }
        return new ListedEntries(known, directories, notShown, last);
    }

    /** The same without what was looked at. */
    ListedEntries without(LookStore.Looked looked) {
        if (looked.isEmpty()) {
            return this;
        }
        SortedMap<String, ObjectStatus> otherFiles = new TreeMap<>(files);
        otherFiles.keySet().removeIf(looked::hasName);
        SortedSet<String> otherDirectories = new TreeSet<>(directories);
        otherDirectories.removeIf(looked::hasName);
        List<HiddenKey> otherHidden = new ArrayList<>(hidden);
        otherHidden.removeIf(looked::has);
        files.forEach((name, object) -> {
            if (looked.directories().contains(name)) {
                otherHidden.add(HiddenKey.behindDirectory(object.key()));
            }
        });
        return new ListedEntries(otherFiles, otherDirectories, otherHidden, last);
    }

    private static String later(String a, String b) {
        return EntryName.compare(a, b) >= 0 ? a : b;
    }
}
