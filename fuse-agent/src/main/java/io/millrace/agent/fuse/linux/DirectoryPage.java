package io.millrace.agent.fuse.linux;

import io.millrace.agent.fuse.Attributes;
import io.millrace.agent.fuse.DirectorySink;
import io.millrace.agent.fuse.Entry;
import java.nio.charset.StandardCharsets;

/** Writes directory entries into a reply, as READDIR or READDIRPLUS wants them. */
final class DirectoryPage implements DirectorySink {

    /** What the kernel takes of each entry. */
    enum Form {
        /** fuse_dirent. */
        NAMES,
        /** fuse_direntplus: primes the kernel's dentries, so that no LOOKUP follows. */
        NAMES_AND_ENTRIES
    }

    private final ReplyBuffer out;
    private final int limit;
    private final Form form;
    private int position;

    DirectoryPage(ReplyBuffer out, int limit, Form form) {
        this.out = out;
        this.limit = limit;
        this.form = form;
    }

    int bytes() {
        return position;
    }

    /** Adds {@code .} or {@code ..}, which lead to no node here: the kernel knows them. */
    boolean addDot(String name, long nextCookie) {
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        if (!fits(bytes)) {
            return false;
        }
        if (form == Form.NAMES_AND_ENTRIES) {
            out.clear(position, Wire.ENTRY_OUT);
        }
        put(bytes, nextCookie, Attributes.Kind.DIRECTORY, 1);
        return true;
    }

    @Override
    public boolean add(String name, long nextCookie, Listed listed) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (!fits(bytes)) {
            return false;
        }
        if (form == Form.NAMES_AND_ENTRIES) {
            Entry.Present entry = listed.entry();
            if (entry == null) {
                out.clear(position, Wire.ENTRY_OUT);
            } else {
                out.putEntry(position, entry);
            }
        }
        put(bytes, nextCookie, listed.kind(), listed.inode());
        return true;
    }

    private boolean fits(byte[] name) {
        return position + size(name) <= limit;
    }

    private int head() {
        return (form == Form.NAMES_AND_ENTRIES ? Wire.ENTRY_OUT : 0) + Wire.DIRENT;
    }

    private int size(byte[] name) {
        return (head() + name.length + 7) & ~7;
    }

    private void put(byte[] name, long nextCookie, Attributes.Kind kind, long inode) {
        int size = size(name);
        int entry = position + head() - Wire.DIRENT;
        out.putLong(position + size - 8, 0);
        out.putLong(entry, inode);
        out.putLong(entry + 8, nextCookie);
        out.putInt(entry + 16, name.length);
        out.putInt(entry + 20, kind.entryType());
        out.putBytes(entry + Wire.DIRENT, name);
        position += size;
    }
}
