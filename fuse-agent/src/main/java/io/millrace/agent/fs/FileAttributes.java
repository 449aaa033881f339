package io.millrace.agent.fs;

import io.millrace.agent.fuse.Attributes;
import io.millrace.client.NamespaceEntry;

/**
 * How files and directories look, which the namespace does not say.
 *
 * @param uid owner of everything
 * @param gid group of everything
 * @param filePermissions 0 to 0777
 * @param directoryPermissions 0 to 0777
 */
public record FileAttributes(int uid, int gid, int filePermissions, int directoryPermissions) {

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
                        filePermissions,
                        uid,
                        gid);
    }
}
