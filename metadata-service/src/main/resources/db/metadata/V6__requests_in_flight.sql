-- Data port requests that a worker was serving when it last renewed its lease.
ALTER TABLE worker ADD COLUMN in_flight integer NOT NULL DEFAULT 0;
