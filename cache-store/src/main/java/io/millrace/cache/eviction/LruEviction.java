package io.millrace.cache.eviction;

/** Least recently used first. */
final class LruEviction implements EvictionPolicy {

    private final FileLists lists;
    private final FileLists.FileList files;

    LruEviction(FileLists lists) {
        this.lists = lists;
        this.files = lists.create(this);
    }

    @Override
    public void admit(int file, long identity) {
        files.addNewest(file);
    }

    @Override
    public void restore(int file) {
        files.addOldest(file);
    }

    @Override
    public void access(int file) {
        files.makeNewest(file);
    }

    @Override
    public void resized(int file, long change) {
        files.resized(change);
    }

    @Override
    public void remove(int file) {
        files.remove(file);
    }

    @Override
    public void evict(int file, long identity) {
        files.remove(file);
    }

    @Override
    public boolean admitsWhenFull() {
        return true;
    }

    @Override
    public void offer(Victims victims, Newcomer newcomer) {
        int file = files.oldest();
        while (file != FileLists.NONE && !victims.areEnough()) {
            victims.offer(file);
            file = lists.newerThan(file);
        }
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
