package io.millrace.cache.eviction;

/**
 * In which order the files of one pool go, and whether they go for a newcomer of their own. A file
 * is in the pool from {@link #admit} or {@link #restore} until {@link #remove} or {@link #evict}.
 */
interface EvictionPolicy {

    /** For whom room is made. */
    enum Newcomer {
        /** A file of this pool. */
        OWN,
        /** A file of another pool that may displace files of this one. */
        OTHER
    }

    /**
     * A file has become resident, in part or whole.
     *
     * @param identity of its version, equal when the same bytes come back
     */
    void admit(int file, long identity);

    /** A file was found on disk at the start: used longer ago than any other. */
    void restore(int file);

    /** A file was opened. */
    void access(int file);

    /** A file has {@code change} bytes more, or fewer; its size is the new one already. */
    void resized(int file, long change);

    /** A file is gone, or in another pool. */
    void remove(int file);

    /** A file is gone to make room. */
    void evict(int file, long identity);

    /** Admission: whether a new file of this pool may displace one that is there. */
    boolean admitsWhenFull();

    /** Offers files that may go for {@code newcomer}, best first, until there are enough. */
    void offer(Victims victims, Newcomer newcomer);

    long bytes();

    boolean isEmpty();

    /** Gives up what it holds; it is empty. */
    void close();
}
