package io.millrace.cache.eviction;

/**
 * For a data set that is read whole, again and again, each time in a new order: what is there
 * stays, and what finds no room is not cached. Of a data set of which a share c fits, this hits c;
 * least-recently-used hits c + (1-c) ln(1-c), which is 0.15 for a half, since what it drops is what
 * will be read sooner than what it keeps.
 *
 * <p>Only what the epochs no longer read makes room for files of its own data set: versions that
 * have been replaced, or a part nobody reads any more. A round begins when a file is read that was
 * read in this round already, and half of the bytes have been; so it takes an epoch, or half of one
 * when files are opened more than once. A file that was not read for four rounds is stale.
 */
final class EpochEviction implements EvictionPolicy {

    private static final int STALE_ROUNDS = 4;
    private static final int ROUND_BITS = 0xff;

    private final FileLists lists;

    /** Oldest: read longest ago. The mark of a file is the round in which it was read last. */
    private final FileLists.FileList files;

    private int round;
    private long readInRound;

    EpochEviction(FileLists lists) {
        this.lists = lists;
        this.files = lists.create(this);
    }

    @Override
    public void admit(int file, long identity) {
        files.addNewest(file);
        lists.setMark(file, round);
        readInRound += lists.size(file);
    }

    @Override
    public void restore(int file) {
        files.addOldest(file);
        lists.setMark(file, round - 1);
    }

    @Override
    public void access(int file) {
        if (age(file) == 0 && 2 * readInRound >= files.bytes()) {
            round = (round + 1) & ROUND_BITS;
            readInRound = 0;
        }
        if (age(file) != 0) {
            lists.setMark(file, round);
            readInRound += lists.size(file);
        }
        files.makeNewest(file);
    }

    @Override
    public void resized(int file, long change) {
        files.resized(change);
        if (age(file) == 0) {
            readInRound += change;
        }
    }

    @Override
    public void remove(int file) {
        if (age(file) == 0) {
            readInRound -= lists.size(file);
        }
        files.remove(file);
    }

    @Override
    public void evict(int file, long identity) {
        remove(file);
    }

    @Override
    public boolean admitsWhenFull() {
        return !files.isEmpty() && isStale(files.oldest());
    }

    @Override
    public void offer(Victims victims, Newcomer newcomer) {
        int file = files.oldest();
        while (file != FileLists.NONE
                && !victims.areEnough()
                && (newcomer == Newcomer.OTHER || isStale(file))) {
            victims.offer(file);
            file = lists.newerThan(file);
        }
    }

    private boolean isStale(int file) {
        return age(file) >= STALE_ROUNDS;
    }

    private int age(int file) {
        return (round - lists.mark(file)) & ROUND_BITS;
    }

    @Override
    public long bytes() {
        return files.bytes();
    }

    @Override
    public boolean isEmpty() {
        return files.isEmpty();
    }

    @Override
    public void close() {
        files.close();
    }
}
