-- One row for each pinned path that lies below no other: how much of it was there when it was last looked at.
CREATE TABLE jobs.pin (
    path                text COLLATE "C" PRIMARY KEY,
    total_files         bigint NOT NULL DEFAULT 0,
    total_bytes         bigint NOT NULL DEFAULT 0,
    resident_files      bigint NOT NULL DEFAULT 0,
    resident_bytes      bigint NOT NULL DEFAULT 0,
    -- NULL: not yet.
    checked_at          timestamptz,
    -- Of the ring when it was last looked at.
    ring_epoch          bigint NOT NULL DEFAULT 0,
    -- The last load of the path that was wanted, and when.
    job_id              text COLLATE "C",
    loaded_at           timestamptz NOT NULL DEFAULT '-infinity',
    -- Why it could not be looked at.
    message             text NOT NULL DEFAULT '',
    lease_until         timestamptz NOT NULL DEFAULT '-infinity'
);
