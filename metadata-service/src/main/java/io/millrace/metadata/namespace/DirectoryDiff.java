package io.millrace.metadata.namespace;

import io.millrace.metadata.changes.Change;
import io.millrace.metadata.namespace.ListedEntries.HiddenKey;
import io.millrace.metadata.namespace.ListingStore.Span;
import io.millrace.model.EntryName;
import io.millrace.understore.ObjectStatus;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What must change in the table so that it shows what was listed. Decided here, without I/O;
 * applied by {@link ListingStore}.
 *
 * @param deletedFiles ids
 * @param deletedDirectories ids; what lies below them is no longer reachable
 * @param newDirectories names
 * @param newFiles names and what they are
 * @param changedFiles by id
 * @param hidden keys that a directory of the same name covers
 * @param changes for the log
 */
record DirectoryDiff(
        List<Long> deletedFiles,
        List<Long> deletedDirectories,
        List<String> newDirectories,
        List<ObjectStatus> newFiles,
        Map<Long, ObjectStatus> changedFiles,
        List<HiddenKey> hidden,
        List<Change.Name> changes) {

    /** A row of the table, as the diff needs it. */
    record Known(
            long id,
            String name,
            boolean directory,
            String objectVersion,
            long length,
            long modifiedMillis) {

        /** Also compares the time: who changes only an object's metadata may leave its version. */
        boolean isSame(ObjectStatus object) {
            return length == object.length()
                    && objectVersion.equals(object.objectVersion())
                    && isSameTime(object.modified().toEpochMilli());
        }

        /** Listings tell times more finely than HEADs, which tell seconds. */
        private boolean isSameTime(long millis) {
            boolean wholeSeconds = modifiedMillis % 1000 == 0 || millis % 1000 == 0;
            return wholeSeconds ? modifiedMillis / 1000 == millis / 1000 : modifiedMillis == millis;
        }
    }

    boolean isEmpty() {
        return deletedFiles.isEmpty()
                && deletedDirectories.isEmpty()
                && newDirectories.isEmpty()
                && newFiles.isEmpty()
                && changedFiles.isEmpty()
                && hidden.isEmpty();
    }

    /**
     * Compares one page with the table.
     *
     * @param parent the directory
     * @param entries of the page
     * @param known all rows in the page's range of listing order, and all rows with a name of the
     *     page
     * @param waiting objects whose name is that of a known directory which the listing has not
     *     reached yet: if it is still there it wins, else the object takes its place. Objects come
     *     in here and directories take them out.
     * @param span of the page
     */
    static DirectoryDiff of(
            Inode.Directory parent,
            ListedEntries entries,
            Collection<Known> known,
            Map<String, ObjectStatus> waiting,
            Span span) {
        DirectoryDiff diff =
                new DirectoryDiff(
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new HashMap<>(),
                        new ArrayList<>(),
                        new ArrayList<>());
        Map<String, Known> byName = new HashMap<>();
        known.forEach(row -> byName.put(row.name(), row));
        for (String name : entries.directories()) {
            if (waiting.remove(name) != null) {
                diff.hidden.add(HiddenKey.behindDirectory(parent.keyOf(name)));
            }
            Known row = byName.remove(name);
            if (row == null) {
                diff.newDirectories.add(name);
                diff.changes.add(new Change.Name(parent.id(), name, 0));
            } else if (!row.directory()) {
                diff.deletedFiles.add(row.id());
                diff.newDirectories.add(name);
                if (EntryName.compare(name, span.from()) <= 0) {
                    // An earlier page of this listing held the object.
                    diff.hidden.add(HiddenKey.behindDirectory(parent.keyOf(name)));
                }
                diff.changes.add(new Change.Name(parent.id(), name, row.id()));
            }
        }
        entries.files()
                .forEach((name, object) -> {
                    Known row = byName.remove(name);
                    if (row != null && row.directory() && !span.covers(name + "/")) {
                        waiting.put(name, object);
                    } else {
                        diff.file(parent, name, object, row);
                    }
                });
        byName.values().forEach(row -> diff.vanished(parent, row));
        return diff;
    }

    /** Objects that waited for a directory which the listing did not hold. */
    static DirectoryDiff ofWaiting(
            Inode.Directory parent, Map<String, ObjectStatus> waiting, Collection<Known> known) {
        ListedEntries entries =
                new ListedEntries(
                        new java.util.TreeMap<>(waiting),
                        java.util.Collections.emptySortedSet(),
                        List.of(),
                        "");
        return of(parent, entries, known, new HashMap<>(), Span.ALL);
    }

    private void file(
            Inode.Directory parent,
            String name,
            ObjectStatus object,
            @org.jspecify.annotations.Nullable Known row) {
        if (row == null) {
            newFiles.add(object);
            changes.add(new Change.Name(parent.id(), name, 0));
        } else if (row.directory()) {
            deletedDirectories.add(row.id());
            newFiles.add(object);
            changes.add(new Change.Name(parent.id(), name, row.id()));
        } else if (!row.isSame(object)) {
            changedFiles.put(row.id(), object);
            changes.add(new Change.Name(parent.id(), name, row.id()));
        }
    }

    private void vanished(Inode.Directory parent, Known row) {
        (row.directory() ? deletedDirectories : deletedFiles).add(row.id());
        changes.add(new Change.Name(parent.id(), row.name(), row.id()));
    }
}
