-- What is wanted of the cache at and below a path, as far as the path itself says it. Goes with its mount.
CREATE TABLE policy (
    path text COLLATE "C" PRIMARY KEY,
    mount_id bigint NOT NULL REFERENCES mount ON DELETE CASCADE,
    pinned boolean,
    ttl_millis bigint CHECK (ttl_millis BETWEEN 1000 AND 315360000000),
    replicas smallint CHECK (replicas BETWEEN 1 AND 16),
    quota_bytes bigint CHECK (quota_bytes > 0),
    priority smallint CHECK (priority BETWEEN 0 AND 9),
    eviction text CHECK (eviction IN ('lru', 's3-fifo', 'epoch')),
    CHECK (num_nonnulls(pinned, ttl_millis, replicas, quota_bytes, priority, eviction) > 0)
);
CREATE INDEX policy_by_mount ON policy (mount_id);

-- kind 4: the policies.
ALTER TABLE change DROP CONSTRAINT change_kind_check;
ALTER TABLE change ADD CONSTRAINT change_kind_check CHECK (kind IN (1, 2, 3, 4));
