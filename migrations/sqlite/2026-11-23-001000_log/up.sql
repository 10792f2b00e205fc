-- What bodies say of their work, for the job's story. It goes with its job.
CREATE TABLE queue_log (
    job_id  BLOB NOT NULL REFERENCES queue_jobs (id) ON DELETE CASCADE,
    fence   INTEGER NOT NULL,             -- of the attempt that said it
    seq     INTEGER NOT NULL,            -- its place within the attempt, from 1
    at      INTEGER NOT NULL,
    level   TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (job_id, fence, seq),
    CONSTRAINT queue_log_level CHECK (level IN ('debug', 'info', 'warn', 'error'))
);

-- Who worker incarnations were, for as long as anyone may ask: their leases end with them.
CREATE TABLE queue_incarnations (
    id         BLOB PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL,
    host       TEXT NOT NULL,
    pid        INTEGER NOT NULL,
    started_at INTEGER NOT NULL
);
INSERT INTO queue_incarnations SELECT id, name, host, pid, started_at FROM queue_workers;

-- The incarnation that did the job. Attempts that ended otherwise have rows of their own.
ALTER TABLE queue_jobs ADD COLUMN done_by BLOB;
