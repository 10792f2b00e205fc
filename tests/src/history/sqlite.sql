-- Writes down every change of a job's row, in the transaction that makes it.
CREATE TABLE test_history (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT,
    what           TEXT NOT NULL,
    job            TEXT NOT NULL,
    state_before   TEXT,
    state          TEXT,
    fence_before   INTEGER,
    fence          INTEGER,
    attempt_before INTEGER,
    attempt        INTEGER,
    most_before    INTEGER,
    most           INTEGER,
    worker         TEXT,
    unique_key     TEXT,
    run_at         INTEGER,
    wrote          TEXT
);

-- What bodies write under their fence beside the job's own row.
CREATE TABLE test_results (job BLOB NOT NULL, tag TEXT NOT NULL);

CREATE TRIGGER test_made AFTER INSERT ON queue_jobs BEGIN
    INSERT INTO test_history (what, job, state, fence, attempt, most, unique_key, run_at)
    VALUES ('made', lower(hex(NEW.id)), NEW.state, NEW.fence, NEW.attempt, NEW.max_attempts, NEW.unique_key, NEW.run_at);
END;

CREATE TRIGGER test_moved AFTER UPDATE ON queue_jobs BEGIN
    INSERT INTO test_history (what, job, state_before, state, fence_before, fence, attempt_before, attempt, most_before, most, worker, unique_key, run_at, wrote)
    VALUES ('moved', lower(hex(NEW.id)), OLD.state, NEW.state, OLD.fence, NEW.fence, OLD.attempt, NEW.attempt,
        OLD.max_attempts, NEW.max_attempts, lower(hex(NEW.worker_id)), NEW.unique_key, NEW.run_at,
        COALESCE(
            CASE WHEN NEW.output IS NOT OLD.output THEN json_extract(NEW.output, '$.tag') END,
            CASE WHEN NEW.checkpoint IS NOT OLD.checkpoint THEN json_extract(NEW.checkpoint, '$.tag') END,
            CASE WHEN NEW.error_message IS NOT OLD.error_message THEN NEW.error_message END,
            CASE WHEN NEW.stage IS NOT OLD.stage THEN NEW.stage END));
END;

CREATE TRIGGER test_pruned AFTER DELETE ON queue_jobs BEGIN
    INSERT INTO test_history (what, job, state, fence) VALUES ('pruned', lower(hex(OLD.id)), OLD.state, OLD.fence);
END;

CREATE TRIGGER test_ended AFTER INSERT ON queue_attempts BEGIN
    INSERT INTO test_history (what, job, state, fence, attempt, wrote)
    VALUES ('ended', lower(hex(NEW.job_id)), NEW.ended, NEW.fence, NEW.attempt, NEW.message);
END;

CREATE TRIGGER test_resulted AFTER INSERT ON test_results BEGIN
    INSERT INTO test_history (what, job, state, fence, wrote)
    SELECT 'resulted', lower(hex(id)), state, fence, NEW.tag FROM queue_jobs WHERE id = NEW.job;
END;

CREATE TRIGGER test_ticked AFTER INSERT ON queue_ticks BEGIN
    INSERT INTO test_history (what, job, run_at, wrote)
    VALUES ('ticked', lower(hex(NEW.job_id)), NEW.tick_at, lower(hex(NEW.schedule_id)));
END;

CREATE TRIGGER test_needs AFTER INSERT ON queue_edges BEGIN
    INSERT INTO test_history (what, job, state, wrote)
    VALUES ('needs', lower(hex(NEW.job_id)), NEW.on_failure, lower(hex(NEW.needs_id)));
END;
