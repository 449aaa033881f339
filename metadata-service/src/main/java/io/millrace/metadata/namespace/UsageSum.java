package io.millrace.metadata.namespace;

import io.millrace.model.ErrorCode;
import io.millrace.model.MillraceException;
import io.millrace.model.NamespacePath;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Adds up a directory, and lists what of it was never listed or is too old. */
final class UsageSum {

    private static final int PAGE = 1_000;

    private final InodeStore inodes;
    private final Freshness freshness;
    private final Duration time;

    UsageSum(InodeStore inodes, Freshness freshness, Duration time) {
        this.inodes = inodes;
        this.freshness = freshness;
        this.time = time;
    }

    /** A directory whose entries are added up, and the sub-directory it has come to. */
    private record Place(Inode.Directory directory, String after) {}

    Namespace.Usage of(NamespacePath path, Inode.Directory top) {
        long deadline = System.nanoTime() + time.toNanos();
        long files = 0;
        long bytes = 0;
        long directories = 0;
        // Depth first and one page of a directory at a time: memory is the depth of the tree.
        Deque<Place> places = new ArrayDeque<>();
        places.push(new Place(top, ""));
        while (!places.isEmpty()) {
            if (System.nanoTime() - deadline > 0) {
                throw new MillraceException(
                        ErrorCode.DEADLINE_EXCEEDED,
                        "adding up "
                                + path
                                + " takes longer than millrace.metadata.usage-time; what was"
                                + " listed stays known, ask again");
            }
            Place place = places.pop();
            if (place.after().isEmpty()) {
                if (freshness.ensure(place.directory()) instanceof Freshness.Known.Gone) {
                    continue;
                }
                InodeStore.Sums sums = inodes.sums(place.directory().id());
                files += sums.files();
                bytes += sums.bytes();
                directories += sums.directories();
                if (sums.directories() == 0) {
                    continue;
                }
            }
            List<Inode.Directory> page =
                    inodes.directories(place.directory().id(), place.after(), PAGE);
            if (page.size() == PAGE) {
                places.push(new Place(place.directory(), page.getLast().name() + "/"));
            }
            page.forEach(directory -> freshness.begin(directory, 0));
            page.reversed().forEach(directory -> places.push(new Place(directory, "")));
        }
        return new Namespace.Usage(files, directories, bytes);
    }
}
