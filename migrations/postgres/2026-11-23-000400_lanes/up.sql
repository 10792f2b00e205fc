-- Turns and limits: claims go round the lanes, and a limit's key opens them only so far.

ALTER TABLE queue_jobs ADD COLUMN lane uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'; -- whose turn it takes: one lane a tenant and limit key
ALTER TABLE queue_jobs ADD COLUMN limit_key text;                      -- what it counts against while it runs
UPDATE queue_jobs SET lane = tenant_id WHERE tenant_id IS NOT NULL;

-- What a claim walks: the lanes of the most urgent priority, and each lane in its order.
DROP INDEX queue_jobs_waiting;
CREATE INDEX queue_jobs_waiting ON queue_jobs (queue, priority, lane, run_at, id) WHERE state = 'waiting';
-- What counts against a limit.
CREATE INDEX queue_jobs_limited ON queue_jobs (limit_key) WHERE state = 'running' AND limit_key IS NOT NULL;

-- What operators said of a queue; the row '*' is said of all queues together.
CREATE TABLE queue_controls (
    queue       text        PRIMARY KEY,
    paused_at   timestamptz,
    max_running integer,                                   -- bodies at once, over all workers; NULL: no limit
    changed_by  text        NOT NULL,
    changed_at  timestamptz NOT NULL,
    CONSTRAINT queue_controls_max_running CHECK (max_running >= 0)
);

-- What each key of a limit's name may do. A job's key is `name` or `name/which`.
CREATE TABLE queue_limits (
    name         text        PRIMARY KEY,
    max_running  integer,                                  -- bodies at once a key; NULL: no limit
    rate_count   integer,                                  -- starts a period; NULL: no limit
    rate_seconds integer,                                  -- the period
    burst        integer,                                  -- starts that may come at once
    changed_by   text        NOT NULL,
    changed_at   timestamptz NOT NULL,
    CONSTRAINT queue_limits_max_running CHECK (max_running >= 0),
    CONSTRAINT queue_limits_rate CHECK ((rate_count IS NULL) = (rate_seconds IS NULL) AND (rate_count IS NULL) = (burst IS NULL)),
    CONSTRAINT queue_limits_rate_range CHECK (rate_count >= 1 AND rate_seconds >= 1 AND burst >= 1)
);

-- The bucket of one key: when it will be full again. It is also what claims of the key lock.
CREATE TABLE queue_gates (
    key     text        PRIMARY KEY,
    full_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Keys that are taken for a time, beside those that unfinished jobs have.
CREATE TABLE queue_unique_windows (
    unique_key text        PRIMARY KEY,
    job_id     uuid        NOT NULL,
    until      timestamptz NOT NULL
);
CREATE INDEX queue_unique_windows_until ON queue_unique_windows (until);
