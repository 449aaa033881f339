package io.millrace.client;

import io.millrace.cache.ResidentFile;
import io.millrace.model.BlockLayout;
import io.millrace.model.ByteRange;
import io.millrace.model.FileSource;
import io.millrace.model.FileVersion;
import io.millrace.model.WorkerId;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Where the bytes of a file belong and lie, as far as that is known without a message. */
final class Whereabouts {

    /** Most owners that are told. */
    private static final int OWNERS = 64;

    private final Cluster cluster;

    Whereabouts(Cluster cluster) {
        this.cluster = cluster;
    }

    /** First owners of the file's blocks by the ring, in the order of the blocks. */
    List<WorkerId> owners(FileSource source, FileVersion version) {
        BlockLayout layout = cluster.blockLayout(source.mountId());
        int enough = Math.min(OWNERS, cluster.workers().size());
        Set<WorkerId> owners = new LinkedHashSet<>();
        for (int block = 0;
                block < layout.blocks(source.length()) && owners.size() < enough;
                block++) {
            owners.addAll(
                    cluster
                            .placement()
                            .owners(layout.placedBy(version, block, source.length()))
                            .stream()
                            .limit(1)
                            .toList());
        }
        return List.copyOf(owners);
    }

    /**
     * Bytes of the file in cache directories of this host. Empty: this host has none that are
     * known. Costs a few system calls.
     */
    OptionalLong residentBytes(FileSource source, FileVersion version) {
        if (cluster.localDirectories().isEmpty()) {
            return OptionalLong.empty();
        }
        Optional<ResidentFile> found = cluster.localCache().open(version, source.length());
        if (found.isEmpty()) {
            return OptionalLong.of(0);
        }
        try (ResidentFile file = found.get()) {
            return OptionalLong.of(
                    file.isComplete() ? source.length() : chunksIn(file, source.length()));
        }
    }

    private static long chunksIn(ResidentFile file, long length) {
        long bytes = 0;
        for (int chunk = 0; chunk < BlockLayout.chunks(length); chunk++) {
            ByteRange range = BlockLayout.chunkRange(chunk, length);
            bytes += file.isResident(range) ? range.length() : 0;
        }
        return bytes;
    }
}
