package io.millrace.model;

import org.jspecify.annotations.Nullable;

/**
 * What an object's own metadata says of the file it is. Null: it says nothing.
 *
 * @param uid owner, 0 to {@link #MAX_ID}
 * @param gid group, 0 to {@link #MAX_ID}
 * @param permissions the lower 9 bits of the mode
 * @param modifiedMillis since the epoch, 0 to {@link #MAX_MODIFIED_MILLIS}
 */
public record ObjectAttributes(
        @Nullable Long uid,
        @Nullable Long gid,
        @Nullable Integer permissions,
        @Nullable Long modifiedMillis) {

    /** Of an object that says nothing. */
    public static final ObjectAttributes NONE = new ObjectAttributes(null, null, null, null);

    /** Greatest uid and gid: the next one means "none" to Linux. */
    public static final long MAX_ID = 0xffff_fffeL;

    /** The end of the year 9999. */
    public static final long MAX_MODIFIED_MILLIS = 253_402_300_799_999L;

    private static final int MAX_PERMISSIONS = 0777;

    /**
     * @throws IllegalArgumentException when one is out of its bounds
     */
    public ObjectAttributes {
        check("uid", uid, MAX_ID);
        check("gid", gid, MAX_ID);
        check("permissions", permissions == null ? null : (long) permissions, MAX_PERMISSIONS);
        check("modification time", modifiedMillis, MAX_MODIFIED_MILLIS);
    }

    private static void check(String what, @Nullable Long value, long most) {
        if (value != null && (value < 0 || value > most)) {
            throw new IllegalArgumentException(
                    what + " " + value + " is not between 0 and " + most);
        }
    }
}
