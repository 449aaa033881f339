package io.millrace.agent.fs;

import io.millrace.agent.fuse.Attributes;
import io.millrace.client.NamespaceEntry;
import io.millrace.model.ObjectAttributes;
import java.util.Set;

/**
 * How files and directories look where their objects do not say it.
 *
 * @param uid owner
 * @param gid group
 * @param filePermissions 0 to 0777
 * @param directoryPermissions 0 to 0777
 * @param forAll what holds whatever objects say
 */
public record FileAttributes(
        int uid, int gid, int filePermissions, int directoryPermissions, Set<Part> forAll) {

    /** The mount is read-only, so what an object says of writing is not shown. */
    private static final int NOT_WRITE = 0555;

    /** What an object can say, and whoever mounts too. */
    public enum Part {
        UID,
        GID,
        FILE_PERMISSIONS
    }

    public FileAttributes {
        forAll = Set.copyOf(forAll);
    }

    /** Of a mount whose objects have the last word. */
    public FileAttributes(int uid, int gid, int filePermissions, int directoryPermissions) {
        this(uid, gid, filePermissions, directoryPermissions, Set.of());
    }

    Attributes of(NamespaceEntry entry) {
        return entry.source() == null
                ? new Attributes(
                        entry.id(),
                        Attributes.Kind.DIRECTORY,
                        0,
                        entry.modifiedMillis(),
                        directoryPermissions,
                        uid,
                        gid)
                : new Attributes(
                        entry.id(),
                        Attributes.Kind.FILE,
                        entry.source().length(),
                        entry.modifiedMillis(),
                        permissionsOf(entry.attributes()),
                        ownerOf(entry.attributes()),
                        groupOf(entry.attributes()));
    }

    private int permissionsOf(ObjectAttributes said) {
        return said.permissions() instanceof Integer permissions
                        && !forAll.contains(Part.FILE_PERMISSIONS)
                ? permissions & NOT_WRITE
                : filePermissions;
    }

    /** The kernel's ids are unsigned; the bits are the same. */
    private int ownerOf(ObjectAttributes said) {
        return said.uid() instanceof Long id && !forAll.contains(Part.UID) ? id.intValue() : uid;
    }

    private int groupOf(ObjectAttributes said) {
        return said.gid() instanceof Long id && !forAll.contains(Part.GID) ? id.intValue() : gid;
    }
}
