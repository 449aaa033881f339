package io.millrace.cache;

import io.millrace.model.BlockLayout;
import io.millrace.model.ByteRange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One file whose blocks lie in the cache directories of several workers on this host, read as one.
 *
 * @param parts what each directory holds of it
 * @param length of the whole file in bytes
 */
record JoinedFile(List<ResidentFile> parts, long length) implements ResidentFile {

    JoinedFile {
        parts = List.copyOf(parts);
    }

    @Override
    public boolean isComplete() {
        return isResident(ByteRange.whole(length));
    }

    @Override
    public boolean isResident(ByteRange range) {
        if (range.end() > length) {
            return false;
        }
        for (long at = range.offset(); at < range.end(); at = chunkEnd(at)) {
            if (holderOf(BlockLayout.chunkAt(at)) == null) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void read(ByteBuffer target, long offset) throws IOException {
        int limit = target.limit();
        try {
            long at = offset;
            while (target.position() < limit) {
                ResidentFile holder = holderOf(BlockLayout.chunkAt(at));
                if (holder == null) {
                    throw new IOException("the bytes at " + at + " are not resident");
                }
                int bytes = (int) Math.min(limit - target.position(), chunkEnd(at) - at);
                target.limit(target.position() + bytes);
                holder.read(target, at);
                at += bytes;
            }
        } finally {
            target.limit(limit);
        }
    }

    @Override
    public void close() {
        parts.forEach(ResidentFile::close);
    }

    private @Nullable ResidentFile holderOf(int chunk) {
        ByteRange range = BlockLayout.chunkRange(chunk, length);
        for (ResidentFile part : parts) {
            if (part.isResident(range)) {
                return part;
            }
        }
        return null;
    }

    private static long chunkEnd(long at) {
        return BlockLayout.chunkRange(BlockLayout.chunkAt(at), Long.MAX_VALUE).end();
    }
}
