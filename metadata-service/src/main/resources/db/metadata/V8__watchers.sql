-- Who follows the watch stream and says how far it has applied it; a view, which goes when it is silent.
CREATE TABLE watcher (
    id text COLLATE "C" PRIMARY KEY,
    subscriber text NOT NULL,
    sequence bigint NOT NULL,
    beat timestamptz NOT NULL DEFAULT clock_timestamp()
);
