-- Jobs that begin by themselves at set times.
CREATE TABLE jobs.schedule (
    name                text COLLATE "C" PRIMARY KEY,
    cron                text NOT NULL,
    zone                text NOT NULL,
    jitter_millis       bigint NOT NULL,
    overlap             text NOT NULL CHECK (overlap IN ('SKIP', 'BUFFER_ONE', 'CANCEL_OTHER')),

    kind                text NOT NULL,
    path                text NOT NULL,
    include             text[] NOT NULL,
    exclude             text[] NOT NULL,
    min_bytes           bigint NOT NULL,
    max_bytes           bigint NOT NULL,
    -- Always absent: ages are relative.
    modified_since      timestamptz,
    modified_before     timestamptz,
    min_age_millis      bigint,
    max_age_millis      bigint,
    priority            integer NOT NULL,
    bytes_per_second    bigint NOT NULL,
    requests_per_second bigint NOT NULL,
    files_per_worker    integer NOT NULL,
    require_millionths  integer NOT NULL,
    deadline_millis     bigint,

    paused              boolean NOT NULL DEFAULT false,
    revision            bigint NOT NULL DEFAULT 1,
    -- The next time, and when it begins with its jitter; absent: there is none.
    planned_at          timestamptz,
    due_at              timestamptz,
    -- It is time, and the job that runs is waited for.
    waiting             boolean NOT NULL DEFAULT false,
    -- A step whose token is no longer the row's writes nothing.
    lease_token         bigint NOT NULL DEFAULT 0,
    lease_until         timestamptz NOT NULL DEFAULT '-infinity',

    last_planned_at     timestamptz,
    last_job_id         text COLLATE "C",
    last_message        text NOT NULL DEFAULT ''
);

CREATE INDEX schedule_due ON jobs.schedule (due_at) WHERE NOT paused;
