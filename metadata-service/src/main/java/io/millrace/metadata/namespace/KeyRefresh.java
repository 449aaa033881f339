package io.millrace.metadata.namespace;

import io.millrace.metadata.mounts.Mount;
import io.millrace.metadata.mounts.MountTable;
import io.millrace.metadata.namespace.ListedEntries.HiddenKey;
import io.millrace.model.EntryName;
import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.ObjectAttributes;
import io.millrace.understore.ObjectStatus;
import io.millrace.understore.UnderStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Brings what the namespace knows of one key to what the bucket holds, without listing a directory.
 *
 * <p>Only directories that have been listed, or are being, know anything that can be wrong. From
 * the mount's root the key is followed through them; the first name on its way that is not known as
 * a listed directory is looked at in the bucket, and where that leaves a directory without entries,
 * so is the directory itself, in the one above. No connection is held while the bucket is asked.
 */
final class KeyRefresh {

    private static final int ATTEMPTS = 10;

    private final LookStore looks;
    private final InodeStore inodes;
    private final MountTable mounts;

    KeyRefresh(LookStore looks, InodeStore inodes, MountTable mounts) {
        this.looks = looks;
        this.inodes = inodes;
        this.mounts = mounts;
    }

    /**
     * Looks at {@code key}.
     *
     * @param key below the mount's root
     * @param there whether something is known to lie there: what a directory that is known needs no
     *     look for
     * @throws MillraceException what the under store throws; a missing bucket is UNAVAILABLE.
     *     CONFLICT when the directory changed too often meanwhile
     */
    void refresh(Mount mount, String key, boolean there) {
        UnderStore store = DirectoryLister.asked(() -> mounts.storeOf(mount));
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            if (new Look(mount, store).follow(List.of(key.split("/", -1)), there)) {
                return;
            }
        }
        throw new MillraceException(
                ErrorCode.CONFLICT, "the directory of '" + key + "' changes all the time");
    }

    /** One way through the namespace; used by one thread. */
    private final class Look {
        private final Mount mount;
        private final UnderStore store;
        private final List<Inode.Directory> way = new ArrayList<>();

        Look(Mount mount, UnderStore store) {
            this.mount = mount;
            this.store = store;
        }

        /** False: a directory changed meanwhile. */
        boolean follow(List<String> names, boolean there) {
            Optional<Inode.Directory> at = inodes.directory(mount.rootInodeId());
            for (int i = 0; i < names.size(); i++) {
                if (at.isEmpty() || isUnknown(at.get())) {
                    return true;
                }
                Inode.Directory directory = at.get();
                way.add(directory);
                String name = names.get(i);
                boolean last = i == names.size() - 1;
                if (last && name.isEmpty()) {
                    return marker();
                }
                Optional<EntryName.Problem> problem = EntryName.problem(name);
                if (problem.isPresent()) {
                    return hidden(name, last, problem.get().explanation());
                }
                Optional<Inode> entry =
                        inodes.lookup(directory.id(), name).flatMap(InodeStore.Found::entry);
                boolean isDirectory = entry.orElse(null) instanceof Inode.Directory;
                if (last || !isDirectory) {
                    return entry(name);
                }
                Inode.Directory next = (Inode.Directory) entry.get();
                if (isUnknown(next)) {
                    return there || entry(name);
                }
                at = Optional.of(next);
            }
            return true;
        }

        /** Its first listing, when somebody looks into it, will see what is there. */
        private boolean isUnknown(Inode.Directory directory) {
            return directory.listedMillis() < 0 && !looks.isBeingListed(directory);
        }

        /** The object of a directory itself, whose name ends in the last {@code /}. */
        private boolean marker() {
            Inode.Directory directory = way.getLast();
            if (directory.id() == mount.rootInodeId()) {
                return true;
            }
            long number = looks.begin();
            Optional<ObjectStatus> object = stat(directory.prefix());
            List<HiddenKey> hidden =
                    object
                            .filter(found -> found.length() > 0)
                            .map(found -> HiddenKey.markerWithBytes(directory.prefix()))
                            .stream()
                            .toList();
            return done(
                            looks.writeHidden(
                                    way, directory.prefix(), number, object.isPresent(), hidden))
                    && (object.isPresent() || dropEmpty());
        }

        private boolean hidden(String name, boolean last, String reason) {
            long number = looks.begin();
            String key = way.getLast().keyOf(name) + (last ? "" : "/");
            boolean there = last ? stat(key).isPresent() : liesBelow(key);
            List<HiddenKey> hidden = there ? List.of(new HiddenKey(key, reason)) : List.of();
            return done(looks.writeHidden(way, key, number, there, hidden))
                    && (there || dropEmpty());
        }

        private boolean entry(String name) {
            long number = looks.begin();
            String key = way.getLast().keyOf(name);
            boolean isDirectory = liesBelow(key + "/");
            ListedEntries found = found(name, isDirectory, key);
            return done(looks.write(way, name, number, found))
                    && (!found.files().isEmpty() || isDirectory || dropEmpty());
        }

        private ListedEntries found(String name, boolean isDirectory, String key) {
            try {
                return ListedEntries.ofName(name, isDirectory, stat(key));
            } catch (MillraceException e) {
                if (e.code() != ErrorCode.PERMISSION_DENIED) {
                    throw e;
                }
                return mount.options().objectAttributes()
                        ? ListedEntries.ofForbidden(name, isDirectory, key)
                        : ListedEntries.ofName(name, isDirectory, listed(key));
            }
        }

        /** Looks at the last directory on the way where it has no entries, in the one above. */
        private boolean dropEmpty() {
            return way.size() == 1
                    || !looks.isEmpty(way.getLast().id())
                    || entry(way.removeLast().name());
        }

        private boolean done(LookStore.Outcome outcome) {
            return switch (outcome) {
                case WRITTEN, OVERTAKEN -> true;
                case AGAIN, NOT_LISTED -> false;
            };
        }

        private Optional<ObjectStatus> stat(String key) {
            Optional<ObjectStatus> object = DirectoryLister.asked(() -> store.stat(key));
            return mount.options().objectAttributes()
                    ? object
                    : object.map(found -> found.withAttributes(ObjectAttributes.NONE));
        }

        private Optional<ObjectStatus> listed(String key) {
            return first(key).filter(object -> object.key().equals(key));
        }

        private boolean liesBelow(String prefix) {
            return first(prefix).isPresent();
        }

        private Optional<ObjectStatus> first(String prefix) {
            return DirectoryLister.asked(
                            () -> store.list(prefix, UnderStore.Depth.ALL_LEVELS, null, 1))
                    .objects()
                    .stream()
                    .findFirst();
        }
    }
}
