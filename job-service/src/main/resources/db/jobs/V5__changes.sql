-- In which transaction a job was last changed: who follows jobs asks for those that changed since one.
ALTER TABLE jobs.job
    ADD COLUMN changed_in           bigint NOT NULL DEFAULT 0;

CREATE FUNCTION jobs.note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_in := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END
$$;

CREATE TRIGGER job_changed BEFORE INSERT OR UPDATE ON jobs.job
    FOR EACH ROW EXECUTE FUNCTION jobs.note_change();
