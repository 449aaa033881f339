-- What may be changed while a job runs, and the state in which it does nothing.
ALTER TABLE jobs.job
    DROP CONSTRAINT job_state_check,
    ADD CONSTRAINT job_state_check CHECK (state IN
        ('PLANNED', 'RUNNING', 'PAUSED', 'SUCCEEDED', 'PARTIAL', 'FAILED', 'CANCELLED')),
    -- Grows with each change that was asked for; progress does not count.
    ADD COLUMN revision             bigint NOT NULL DEFAULT 1,
    -- The higher one is planned and sent first.
    ADD COLUMN priority             smallint NOT NULL DEFAULT 5 CHECK (priority BETWEEN 0 AND 9),
    -- Of all workers together; 0: not limited.
    ADD COLUMN bytes_per_second     bigint NOT NULL DEFAULT 0,
    ADD COLUMN requests_per_second  bigint NOT NULL DEFAULT 0,
    -- At once on each worker; 0: not limited.
    ADD COLUMN files_per_worker     integer NOT NULL DEFAULT 0,
    ADD COLUMN deadline_at          timestamptz,
    -- What the client called the request, and a hash of what it asked for.
    ADD COLUMN request_key          text COLLATE "C",
    ADD COLUMN request_hash         text COLLATE "C";

CREATE UNIQUE INDEX job_request ON jobs.job (request_key) WHERE request_key IS NOT NULL;

DROP INDEX jobs.job_open;
CREATE UNIQUE INDEX job_open ON jobs.job (kind, path) WHERE state IN ('PLANNED', 'RUNNING', 'PAUSED');
CREATE INDEX job_deadline ON jobs.job (deadline_at)
    WHERE deadline_at IS NOT NULL AND state IN ('PLANNED', 'RUNNING', 'PAUSED');
