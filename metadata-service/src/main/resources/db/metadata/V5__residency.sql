-- The newest summary of each worker: what lies on it, by directory. A view; goes with the worker.
CREATE TABLE residency (
    worker_id text COLLATE "C" PRIMARY KEY REFERENCES worker ON DELETE CASCADE,
    made_millis bigint NOT NULL,
    unknown_files bigint NOT NULL,
    unknown_bytes bigint NOT NULL
);
CREATE TABLE residency_directory (
    worker_id text COLLATE "C" NOT NULL REFERENCES residency ON DELETE CASCADE,
    mount_id bigint NOT NULL,
    directory text COLLATE "C" NOT NULL,
    files bigint NOT NULL,
    bytes bigint NOT NULL,
    heat double precision NOT NULL,
    -- Files of directories below are counted here, too.
    folded boolean NOT NULL,
    PRIMARY KEY (worker_id, mount_id, directory)
);
