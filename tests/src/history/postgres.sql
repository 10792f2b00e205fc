-- Writes down every change of a job's row, in the transaction that makes it. The number is taken
-- while the row is locked, so that the changes of one row are numbered in their order.
CREATE TABLE test_history (
    seq            bigserial PRIMARY KEY,
    what           text NOT NULL,
    job            text NOT NULL,
    state_before   text,
    state          text,
    fence_before   bigint,
    fence          bigint,
    attempt_before bigint,
    attempt        bigint,
    most_before    bigint,
    most           bigint,
    worker         text,
    unique_key     text,
    run_at         bigint,
    wrote          text
);

-- What bodies write under their fence beside the job's own row.
CREATE TABLE test_results (job uuid NOT NULL, tag text NOT NULL);

CREATE FUNCTION test_hex(id uuid) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT replace(id::text, '-', '') $$;
CREATE FUNCTION test_micros(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT (extract(epoch FROM at) * 1000000)::bigint $$;

CREATE FUNCTION test_made() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO test_history (what, job, state, fence, attempt, most, unique_key, run_at)
    VALUES ('made', test_hex(NEW.id), NEW.state, NEW.fence, NEW.attempt, NEW.max_attempts, NEW.unique_key, test_micros(NEW.run_at));
    RETURN NULL;
END $$;
CREATE TRIGGER test_made AFTER INSERT ON queue_jobs FOR EACH ROW EXECUTE FUNCTION test_made();

CREATE FUNCTION test_moved() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO test_history (what, job, state_before, state, fence_before, fence, attempt_before, attempt, most_before, most, worker, unique_key, run_at, wrote)
    VALUES ('moved', test_hex(NEW.id), OLD.state, NEW.state, OLD.fence, NEW.fence, OLD.attempt, NEW.attempt,
        OLD.max_attempts, NEW.max_attempts, test_hex(NEW.worker_id), NEW.unique_key, test_micros(NEW.run_at),
        COALESCE(
            CASE WHEN NEW.output IS DISTINCT FROM OLD.output THEN NEW.output ->> 'tag' END,
            CASE WHEN NEW.checkpoint IS DISTINCT FROM OLD.checkpoint THEN NEW.checkpoint ->> 'tag' END,
            CASE WHEN NEW.error_message IS DISTINCT FROM OLD.error_message THEN NEW.error_message END,
            CASE WHEN NEW.stage IS DISTINCT FROM OLD.stage THEN NEW.stage END));
    RETURN NULL;
END $$;
CREATE TRIGGER test_moved AFTER UPDATE ON queue_jobs FOR EACH ROW EXECUTE FUNCTION test_moved();

CREATE FUNCTION test_pruned() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO test_history (what, job, state, fence) VALUES ('pruned', test_hex(OLD.id), OLD.state, OLD.fence);
    RETURN NULL;
END $$;
CREATE TRIGGER test_pruned AFTER DELETE ON queue_jobs FOR EACH ROW EXECUTE FUNCTION test_pruned();

CREATE FUNCTION test_ended() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO test_history (what, job, state, fence, attempt, wrote)
    VALUES ('ended', test_hex(NEW.job_id), NEW.ended, NEW.fence, NEW.attempt, NEW.message);
    RETURN NULL;
END $$;
CREATE TRIGGER test_ended AFTER INSERT ON queue_attempts FOR EACH ROW EXECUTE FUNCTION test_ended();

CREATE FUNCTION test_resulted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO test_history (what, job, state, fence, wrote)
    SELECT 'resulted', test_hex(id), state, fence, NEW.tag FROM queue_jobs WHERE id = NEW.job;
    RETURN NULL;
END $$;
CREATE TRIGGER test_resulted AFTER INSERT ON test_results FOR EACH ROW EXECUTE FUNCTION test_resulted();

CREATE FUNCTION test_ticked() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO test_history (what, job, run_at, wrote)
    VALUES ('ticked', test_hex(NEW.job_id), test_micros(NEW.tick_at), test_hex(NEW.schedule_id));
    RETURN NULL;
END $$;
CREATE TRIGGER test_ticked AFTER INSERT ON queue_ticks FOR EACH ROW EXECUTE FUNCTION test_ticked();

CREATE FUNCTION test_needs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO test_history (what, job, state, wrote)
    VALUES ('needs', test_hex(NEW.job_id), NEW.on_failure, test_hex(NEW.needs_id));
    RETURN NULL;
END $$;
CREATE TRIGGER test_needs AFTER INSERT ON queue_edges FOR EACH ROW EXECUTE FUNCTION test_needs();
