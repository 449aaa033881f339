package io.millrace.model;

/**
 * How a file is cut: in blocks, the unit of placement, and these in chunks, the unit of fetch and
 * checksum.
 *
 * @param blockBytes size of every block but a file's last; a positive multiple of {@link
 *     #CHUNK_BYTES}
 */
public record BlockLayout(long blockBytes) {

    /** Size of every chunk but a file's last. */
    public static final int CHUNK_BYTES = 1 << 20;

    /** Files of up to this many blocks are placed whole. */
    public static final int WHOLE_FILE_BLOCKS = 16;

    /** Blocks of 64 MiB: files of up to 1 GiB are placed whole. */
    public static final BlockLayout DEFAULT = new BlockLayout(64L << 20);

    public BlockLayout {
        if (blockBytes <= 0 || blockBytes % CHUNK_BYTES != 0) {
            throw new IllegalArgumentException(
                    "block size " + blockBytes + " is not a positive multiple of 1 MiB");
        }
    }

    /**
     * How many blocks a file of {@code fileLength} bytes has; an empty file has one, an empty one.
     */
    public int blocks(long fileLength) {
        return fileLength == 0 ? 1 : Math.toIntExact((fileLength + blockBytes - 1) / blockBytes);
    }

    /** The block that holds the byte at {@code offset}. */
    public int blockAt(long offset) {
        return Math.toIntExact(offset / blockBytes);
    }

    /** The bytes of block {@code index} of a file of {@code fileLength} bytes. */
    public ByteRange range(int index, long fileLength) {
        if (index < 0 || index >= blocks(fileLength)) {
            throw new IllegalArgumentException(
                    "a file of " + fileLength + " bytes has no block " + index);
        }
        long start = index * blockBytes;
        return ByteRange.between(start, Math.min(start + blockBytes, fileLength));
    }

    /**
     * The block whose slot says where block {@code index} of a file belongs. For a file of at most
     * {@link #WHOLE_FILE_BLOCKS} it is the first: such a file lies whole on its owner, where it can
     * become complete and be handed to the kernel. In a larger file each block goes its own way.
     */
    public BlockId placedBy(FileVersion version, int index, long fileLength) {
        return new BlockId(version, isPlacedWhole(fileLength) ? 0 : index);
    }

    /** The bytes that are placed together with block {@code index}. */
    public ByteRange placedWith(int index, long fileLength) {
        return isPlacedWhole(fileLength) ? ByteRange.whole(fileLength) : range(index, fileLength);
    }

    private boolean isPlacedWhole(long fileLength) {
        return fileLength <= blockBytes * WHOLE_FILE_BLOCKS;
    }

    /** How many chunks a file of {@code fileLength} bytes has; an empty file has none. */
    public static int chunks(long fileLength) {
        return Math.toIntExact((fileLength + CHUNK_BYTES - 1) / CHUNK_BYTES);
    }

    /** The chunk that holds the byte at {@code offset}. */
    public static int chunkAt(long offset) {
        return Math.toIntExact(offset / CHUNK_BYTES);
    }

    /** The bytes of chunk {@code index} of a file of {@code fileLength} bytes. */
    public static ByteRange chunkRange(int index, long fileLength) {
        long start = (long) index * CHUNK_BYTES;
        return ByteRange.between(start, Math.min(start + CHUNK_BYTES, fileLength));
    }
}
