CREATE SCHEMA IF NOT EXISTS jobs;

-- One row per job, never one per file.
CREATE TABLE jobs.job (
    id                  text COLLATE "C" PRIMARY KEY,
    kind                text NOT NULL CHECK (kind IN ('LOAD', 'FREE')),
    path                text NOT NULL,
    state               text NOT NULL CHECK (state IN
                            ('PLANNED', 'RUNNING', 'SUCCEEDED', 'PARTIAL', 'FAILED', 'CANCELLED')),
    created_at          timestamptz NOT NULL,
    started_at          timestamptz,
    finished_at         timestamptz,
    -- Why it ended so; while it runs, what it waits for.
    message             text NOT NULL DEFAULT '',

    walk_cursor         text NOT NULL DEFAULT '',
    planning_finished   boolean NOT NULL DEFAULT false,
    -- The planner's lease; a step whose token is no longer the row's writes nothing.
    lease_token         bigint NOT NULL DEFAULT 0,
    lease_until         timestamptz NOT NULL DEFAULT '-infinity',
    plan_after          timestamptz NOT NULL DEFAULT '-infinity',
    -- Since when planning has got nowhere.
    stalled_since       timestamptz,
    -- How many batches were ever cut: names the next one.
    batches             bigint NOT NULL DEFAULT 0,

    -- planned = done + skipped + failed + open
    planned_files       bigint NOT NULL DEFAULT 0,
    planned_bytes       bigint NOT NULL DEFAULT 0,
    done_files          bigint NOT NULL DEFAULT 0,
    done_bytes          bigint NOT NULL DEFAULT 0,
    skipped_files       bigint NOT NULL DEFAULT 0,
    skipped_bytes       bigint NOT NULL DEFAULT 0,
    failed_files        bigint NOT NULL DEFAULT 0,
    failed_bytes        bigint NOT NULL DEFAULT 0,

    -- Two points of the job's course, a few seconds apart: what the rate is computed from.
    earlier_at          timestamptz,
    earlier_done        bigint NOT NULL DEFAULT 0,
    earlier_accounted   bigint NOT NULL DEFAULT 0,
    later_at            timestamptz,
    later_done          bigint NOT NULL DEFAULT 0,
    later_accounted     bigint NOT NULL DEFAULT 0
);

CREATE UNIQUE INDEX job_open ON jobs.job (kind, path) WHERE state IN ('PLANNED', 'RUNNING');
CREATE INDEX job_to_plan ON jobs.job (plan_after)
    WHERE state IN ('PLANNED', 'RUNNING') AND NOT planning_finished;

-- Open batches only: a row goes when its result is applied. The row is its own outbox entry.
CREATE TABLE jobs.batch (
    id                  text COLLATE "C" PRIMARY KEY,
    job_id              text COLLATE "C" NOT NULL REFERENCES jobs.job ON DELETE CASCADE,
    attempt             integer NOT NULL DEFAULT 1,
    -- NULL: its items are to be planned again.
    worker_id           text,
    slot                integer,
    -- How often its items were found to be another worker's.
    moves               integer NOT NULL DEFAULT 0,
    items               integer NOT NULL,
    files               bigint NOT NULL,
    bytes               bigint NOT NULL,
    block_bytes         bigint NOT NULL,
    -- millrace.v1.Batch
    payload             bytea NOT NULL,
    due_at              timestamptz NOT NULL,
    claimed_until       timestamptz,
    published_at        timestamptz
);

CREATE INDEX batch_of_job ON jobs.batch (job_id);
CREATE INDEX batch_due ON jobs.batch (due_at) WHERE published_at IS NULL;
CREATE INDEX batch_waiting ON jobs.batch (published_at) WHERE published_at IS NOT NULL;

CREATE TABLE jobs.failure (
    job_id              text COLLATE "C" NOT NULL REFERENCES jobs.job ON DELETE CASCADE,
    path                text COLLATE "C" NOT NULL,
    bytes               bigint NOT NULL,
    code                text NOT NULL,
    message             text NOT NULL,
    -- False: the batch that counts this file is still open.
    counted             boolean NOT NULL,
    PRIMARY KEY (job_id, path)
);

CREATE TABLE jobs.worker_progress (
    job_id              text COLLATE "C" NOT NULL REFERENCES jobs.job ON DELETE CASCADE,
    worker_id           text NOT NULL,
    done_files          bigint NOT NULL DEFAULT 0,
    done_bytes          bigint NOT NULL DEFAULT 0,
    skipped_files       bigint NOT NULL DEFAULT 0,
    skipped_bytes       bigint NOT NULL DEFAULT 0,
    failed_files        bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (job_id, worker_id)
);
