-- Whether files have the owner, mode and time that the metadata of their objects says.
ALTER TABLE mount ADD COLUMN object_attributes boolean NOT NULL DEFAULT false;

-- What the metadata of a file's object says. Null: nothing, or it is not read. permissions: the lower 9 bits of the mode.
-- modified_millis stays the bucket's own: it tells when metadata was changed and the bytes were not.
ALTER TABLE inode
    ADD COLUMN uid bigint CHECK (uid BETWEEN 0 AND 4294967294),
    ADD COLUMN gid bigint CHECK (gid BETWEEN 0 AND 4294967294),
    ADD COLUMN permissions integer CHECK (permissions BETWEEN 0 AND 511),
    ADD COLUMN mtime_millis bigint CHECK (mtime_millis BETWEEN 0 AND 253402300799999);
