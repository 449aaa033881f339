-- Which asking of the bucket told of a row: numbers of claim_token, which listings and looks draw from before they ask.
-- listed_number: of the listing that was last completed. found_number, changed_number: of files; when they were found
-- first, and when they were last found changed. Null: before there were such columns.
ALTER TABLE inode ADD COLUMN listed_number bigint;
ALTER TABLE inode ADD COLUMN found_number bigint;
ALTER TABLE inode ADD COLUMN changed_number bigint;

-- How many files an asking found gone from a directory, with those below directories in it that are gone.
CREATE TABLE deletion (
    directory_id bigint NOT NULL,
    number bigint NOT NULL,
    files bigint NOT NULL,
    deleted timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (directory_id, number)
);
CREATE INDEX deletion_by_age ON deletion (deleted);
