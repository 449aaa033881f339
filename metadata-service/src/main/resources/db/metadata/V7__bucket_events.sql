-- How what is known of a mount is kept true. trusted_from_millis: what was listed before may miss a change that no
-- event told.
ALTER TABLE mount
    ADD COLUMN freshness text NOT NULL DEFAULT 'max-age' CHECK (freshness IN ('max-age', 'events', 'immutable')),
    ADD COLUMN trusted_from_millis bigint NOT NULL DEFAULT 0;

-- When single names of listed directories were last looked at in the bucket. number: taken before the bucket was asked,
-- from the sequence that claims of listings take theirs from, so that of two looks, and of a look and a listing, the
-- newer is known. Kept for longer than any listing runs.
CREATE TABLE look (
    directory_id bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    looked timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (directory_id, name)
);
CREATE INDEX look_by_number ON look (directory_id, number);
CREATE INDEX look_by_time ON look (looked);
CREATE INDEX inode_claimed ON inode (claim_token) WHERE kind = 2 AND claim_until IS NOT NULL;

-- How far the bucket's events have been applied, by partition of their topic. caught_up: when nothing was left.
CREATE TABLE event_progress (
    partition integer PRIMARY KEY,
    next_offset bigint NOT NULL,
    end_offset bigint NOT NULL,
    newest_event_millis bigint NOT NULL,
    caught_up timestamptz NOT NULL,
    beat timestamptz NOT NULL
);

-- Messages that could not be read, the newest.
CREATE TABLE dead_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partition integer NOT NULL,
    record_offset bigint NOT NULL,
    received_millis bigint NOT NULL,
    reason text NOT NULL,
    excerpt text NOT NULL,
    UNIQUE (partition, record_offset)
);
