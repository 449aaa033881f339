-- Which of the files below the path a job is about.
ALTER TABLE jobs.job
    ADD COLUMN include              text[] NOT NULL DEFAULT '{}',
    ADD COLUMN exclude              text[] NOT NULL DEFAULT '{}',
    ADD COLUMN min_bytes            bigint NOT NULL DEFAULT 0,
    ADD COLUMN max_bytes            bigint NOT NULL DEFAULT 9223372036854775807,
    ADD COLUMN modified_since       timestamptz,
    ADD COLUMN modified_before      timestamptz,
    -- Files that were seen and are not meant; they are not planned.
    ADD COLUMN unselected_files     bigint NOT NULL DEFAULT 0;
