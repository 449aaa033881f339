package io.millrace.client;

import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.contracts.Messages;
import io.millrace.contracts.v1.Inode;
import io.millrace.contracts.v1.InodeKind;
import io.millrace.model.ErrorCode;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import io.millrace.model.MillraceException;
import io.millrace.model.ObjectAttributes;
import org.jspecify.annotations.Nullable;

/**
 * A file or directory of the namespace.
 *
 * @param id never used again for another path
 * @param parentId of the directory it lies in
 * @param name in that directory
 * @param modifiedMillis since the epoch
 * @param source a file's bytes; null: a directory
 * @param version the name of these bytes, which takes a hash to compute; null: a directory
 * @param attributes what a file's object says of it, where its mount reads that; its modification
 *     time is in {@code modifiedMillis} already
 */
public record NamespaceEntry(
        long id,
        long parentId,
        String name,
        long modifiedMillis,
        @Nullable FileSource source,
        @Nullable FileVersion version,
        ObjectAttributes attributes) {

    /** Of a directory, or of a file whose object says nothing of it. */
    public NamespaceEntry(
            long id,
            long parentId,
            String name,
            long modifiedMillis,
            @Nullable FileSource source,
            @Nullable FileVersion version) {
        this(id, parentId, name, modifiedMillis, source, version, ObjectAttributes.NONE);
    }

    static NamespaceEntry of(Inode inode) {
        FileSource source =
                inode.getKind() == InodeKind.INODE_KIND_FILE
                        ? Messages.fromMessage(inode.getSource())
                        : null;
        return new NamespaceEntry(
                inode.getId(),
                inode.getParentId(),
                inode.getName(),
                inode.getModifiedMillis(),
                source,
                source == null ? null : source.fileVersion(),
                inode.hasAttributes()
                        ? Messages.fromMessage(inode.getAttributes())
                        : ObjectAttributes.NONE);
    }

    /** For {@link #decode}, by this version or a later one. */
    public byte[] encode() {
        Inode.Builder inode =
                Inode.newBuilder()
                        .setId(id)
                        .setParentId(parentId)
                        .setName(name)
                        .setModifiedMillis(modifiedMillis)
                        .setKind(
                                isDirectory()
                                        ? InodeKind.INODE_KIND_DIRECTORY
                                        : InodeKind.INODE_KIND_FILE);
        if (source != null) {
            inode.setSource(Messages.toMessage(source));
        }
        if (!attributes.equals(ObjectAttributes.NONE)) {
            inode.setAttributes(Messages.toMessage(attributes));
        }
        return inode.build().toByteArray();
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @throws MillraceException CORRUPT
     */
    public static NamespaceEntry decode(byte[] encoded) {
        try {
            return of(Inode.parseFrom(encoded));
        } catch (InvalidProtocolBufferException e) {
            throw new MillraceException(ErrorCode.CORRUPT, "an entry cannot be read", e);
        }
    }

    public boolean isDirectory() {
        return source == null;
    }

    /**
     * The bytes of a file.
     *
     * @throws MillraceException IS_A_DIRECTORY
     */
    public FileSource file() {
        if (source == null) {
            throw new MillraceException(ErrorCode.IS_A_DIRECTORY, name + " is a directory");
        }
        return source;
    }
}
