ALTER TABLE jobs.job
    DROP CONSTRAINT job_kind_check,
    ADD CONSTRAINT job_kind_check CHECK (kind IN
        ('LOAD', 'LOAD_METADATA', 'SYNC', 'FREE', 'VERIFY', 'WARM_REPLICAS', 'PIN', 'UNPIN')),
    -- Of a sync: files that the bucket holds otherwise than the namespace knew.
    ADD COLUMN found_added          bigint NOT NULL DEFAULT 0,
    ADD COLUMN found_changed        bigint NOT NULL DEFAULT 0,
    ADD COLUMN found_deleted        bigint NOT NULL DEFAULT 0;
