package io.millrace.cache.eviction;

/**
 * S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi: FIFO queues are all you need for cache eviction, SOSP
 * 2023), weighted by bytes.
 *
 * <p>New files go into a small queue of a tenth of the pool. Who was read twice more by the end of
 * it goes on to the main queue; the others go, and are remembered in the ghost queue for as long as
 * the main queue's bytes. Who comes back from there goes into the main queue at once. The main
 * queue gives each file a round more for each time, up to 3, that it was read.
 */
final class S3FifoEviction implements EvictionPolicy {

    private static final int MOST_READS = 3;
    private static final int SMALL_SHARE = 10;

    private final FileLists lists;
    private final FileLists.FileList small;
    private final FileLists.FileList main;
    private final GhostTable ghost = new GhostTable();

    S3FifoEviction(FileLists lists) {
        this.lists = lists;
        this.small = lists.create(this);
        this.main = lists.create(this);
    }

    @Override
    public void admit(int file, long identity) {
        (ghost.take(identity, main.bytes()) ? main : small).addNewest(file);
        lists.setMark(file, 0);
    }

    @Override
    public void restore(int file) {
        main.addOldest(file);
        lists.setMark(file, 0);
    }

    @Override
    public void access(int file) {
        lists.setMark(file, Math.min(MOST_READS, lists.mark(file) + 1));
    }

    @Override
    public void resized(int file, long change) {
        queueOf(file).resized(change);
    }

    @Override
    public void remove(int file) {
        queueOf(file).remove(file);
    }

    @Override
    public void evict(int file, long identity) {
        FileLists.FileList queue = queueOf(file);
        if (queue == small) {
            ghost.add(identity, lists.size(file));
        }
        queue.remove(file);
    }

    private FileLists.FileList queueOf(int file) {
        return lists.listOf(file) == small ? small : main;
    }

    @Override
    public boolean admitsWhenFull() {
        return true;
    }

    /** Moves files on as it passes them; a file that is offered stays where it is until it goes. */
    @Override
    public void offer(Victims victims, Newcomer newcomer) {
        long smallBytes = small.bytes();
        long mainBytes = main.bytes();
        int nextSmall = small.oldest();
        int nextMain = main.oldest();
        while (!victims.areEnough()) {
            boolean fromSmall =
                    nextSmall != FileLists.NONE
                            && (nextMain == FileLists.NONE
                                    || smallBytes * SMALL_SHARE > smallBytes + mainBytes);
            if (!fromSmall && nextMain == FileLists.NONE) {
                return;
            }
            int file = fromSmall ? nextSmall : nextMain;
            int following = lists.newerThan(file);
            long bytes = lists.size(file);
            if (fromSmall) {
                smallBytes -= bytes;
                nextSmall = following;
                if (lists.mark(file) > 1) {
                    small.remove(file);
                    main.addNewest(file);
                    lists.setMark(file, 0);
                    mainBytes += bytes;
                    nextMain = nextMain == FileLists.NONE ? file : nextMain;
                } else {
                    victims.offer(file);
                }
            } else if (lists.mark(file) > 0) {
                lists.setMark(file, lists.mark(file) - 1);
                main.makeNewest(file);
                nextMain = following == FileLists.NONE ? file : following;
            } else {
                mainBytes -= bytes;
                nextMain = following;
                victims.offer(file);
            }
        }
    }

    @Override
    public long bytes() {
        return small.bytes() + main.bytes();
    }

    @Override
    public boolean isEmpty() {
        return small.isEmpty() && main.isEmpty();
    }

    @Override
    public void close() {
        small.close();
        main.close();
    }
}
