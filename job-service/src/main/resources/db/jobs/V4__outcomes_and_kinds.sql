-- Files that are gone from the bucket, or changed in it, are no longer counted as failed.
ALTER TABLE jobs.job
    DROP CONSTRAINT job_kind_check,
    ADD CONSTRAINT job_kind_check CHECK (kind IN
        ('LOAD', 'LOAD_METADATA', 'FREE', 'VERIFY', 'WARM_REPLICAS', 'PIN', 'UNPIN')),
    -- planned = done + skipped + failed + vanished + changed + open
    ADD COLUMN vanished_files       bigint NOT NULL DEFAULT 0,
    ADD COLUMN vanished_bytes       bigint NOT NULL DEFAULT 0,
    ADD COLUMN changed_files        bigint NOT NULL DEFAULT 0,
    ADD COLUMN changed_bytes        bigint NOT NULL DEFAULT 0,
    -- How often files, or parts of some, were tried again.
    ADD COLUMN retries              bigint NOT NULL DEFAULT 0,
    -- Which share must be done or skipped for success.
    ADD COLUMN require_millionths   integer NOT NULL DEFAULT 1000000
                                    CHECK (require_millionths BETWEEN 1 AND 1000000),
    -- The job whose failed files this one does.
    ADD COLUMN retry_of             text COLLATE "C";

ALTER TABLE jobs.batch
    -- How often its items have failed.
    ADD COLUMN tries                integer NOT NULL DEFAULT 0,
    -- For which of the owners of its blocks, from 0.
    ADD COLUMN owner_rank           integer NOT NULL DEFAULT 0;
