-- What bodies say of their work, for the job's story. It goes with its job.
CREATE TABLE queue_log (
    job_id  uuid NOT NULL REFERENCES queue_jobs (id) ON DELETE CASCADE,
    fence   bigint NOT NULL,             -- of the attempt that said it
    seq     integer NOT NULL,            -- its place within the attempt, from 1
    at      timestamptz NOT NULL,
    level   text NOT NULL,
    message text NOT NULL,
    PRIMARY KEY (job_id, fence, seq),
    CONSTRAINT queue_log_level CHECK (level IN ('debug', 'info', 'warn', 'error'))
);

-- Who worker incarnations were, for as long as anyone may ask: their leases end with them.
CREATE TABLE queue_incarnations (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,
    host       text NOT NULL,
    pid        bigint NOT NULL,
    started_at timestamptz NOT NULL
);
INSERT INTO queue_incarnations SELECT id, name, host, pid, started_at FROM queue_workers;

-- The incarnation that did the job. Attempts that ended otherwise have rows of their own.
ALTER TABLE queue_jobs ADD COLUMN done_by uuid;
