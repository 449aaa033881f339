-- 0 means "from now" to a watch stream, so no position may be 0.
UPDATE change_head SET last_sequence = 1, pruned_sequence = 1 WHERE last_sequence = 0;
UPDATE publisher SET published_sequence = 1 WHERE published_sequence = 0;
