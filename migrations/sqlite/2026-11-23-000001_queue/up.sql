-- The job engine. Every row of work is one row here from its enqueue to its pruning.
-- Times are microseconds since 1970, ids are 16 bytes, documents are JSON text.

CREATE TABLE queue_jobs (
    id                  BLOB        PRIMARY KEY NOT NULL, -- UUIDv7: sorts by creation
    tenant_id           BLOB,                              -- NULL: the platform's own work
    queue               TEXT        NOT NULL,
    kind                TEXT        NOT NULL,
    state               TEXT        NOT NULL,
    priority            INTEGER     NOT NULL,              -- 0 first, 9 last
    payload             TEXT        NOT NULL,
    attempt             INTEGER     NOT NULL DEFAULT 0,    -- counted at the claim
    max_attempts        INTEGER     NOT NULL,
    fence               INTEGER     NOT NULL DEFAULT 0,    -- grows at every change of ownership; (id, fence) is the fencing token
    worker_id           BLOB,                              -- the worker incarnation that runs it
    run_at              INTEGER     NOT NULL,              -- not before; also the order among equals
    timeout_seconds     INTEGER     NOT NULL,              -- of one attempt
    backoff_base_ms     INTEGER     NOT NULL,
    backoff_cap_ms      INTEGER     NOT NULL,
    progress            REAL        NOT NULL DEFAULT 0,
    stage               TEXT,
    checkpoint          TEXT,
    cancel_requested_at INTEGER,
    cancel_reason       TEXT,
    output              TEXT,
    error_code          TEXT,
    error_message       TEXT,
    unique_key          TEXT,
    created_at          INTEGER     NOT NULL,
    started_at          INTEGER,                       -- of the newest attempt
    finished_at         INTEGER,
    CONSTRAINT queue_jobs_payload CHECK (json_valid(payload)),
    CONSTRAINT queue_jobs_state CHECK (state IN ('waiting', 'scheduled', 'running', 'retrying', 'blocked', 'done', 'cancelled', 'dead')),
    CONSTRAINT queue_jobs_priority CHECK (priority BETWEEN 0 AND 9),
    CONSTRAINT queue_jobs_attempts CHECK (attempt >= 0 AND max_attempts >= 1 AND attempt <= max_attempts),
    CONSTRAINT queue_jobs_another_attempt CHECK (state NOT IN ('waiting', 'scheduled', 'retrying', 'blocked') OR attempt < max_attempts),
    CONSTRAINT queue_jobs_timeout CHECK (timeout_seconds >= 1),
    CONSTRAINT queue_jobs_backoff CHECK (backoff_base_ms >= 0 AND backoff_cap_ms >= backoff_base_ms),
    CONSTRAINT queue_jobs_progress CHECK (progress BETWEEN 0 AND 1),
    CONSTRAINT queue_jobs_owner CHECK ((state = 'running') = (worker_id IS NOT NULL)),
    CONSTRAINT queue_jobs_started CHECK (state <> 'running' OR started_at IS NOT NULL),
    CONSTRAINT queue_jobs_finished CHECK ((state IN ('done', 'cancelled', 'dead')) = (finished_at IS NOT NULL)),
    CONSTRAINT queue_jobs_error CHECK (state <> 'dead' OR error_code IS NOT NULL)
) STRICT;

-- What a claim walks, in its order.
CREATE INDEX queue_jobs_waiting ON queue_jobs (queue, priority, run_at, id) WHERE state = 'waiting';
-- What becomes due.
CREATE INDEX queue_jobs_due ON queue_jobs (run_at) WHERE state IN ('scheduled', 'retrying');
-- What a worker holds.
CREATE INDEX queue_jobs_running ON queue_jobs (worker_id) WHERE state = 'running';
-- What failed for good.
CREATE INDEX queue_jobs_dead ON queue_jobs (queue, id) WHERE state = 'dead';
-- A tenant's list, newest first, and its unfinished work.
CREATE INDEX queue_jobs_tenant ON queue_jobs (tenant_id, id) WHERE tenant_id IS NOT NULL;
CREATE INDEX queue_jobs_tenant_unfinished ON queue_jobs (tenant_id, state) WHERE tenant_id IS NOT NULL AND finished_at IS NULL;
-- At most one unfinished job a key.
CREATE UNIQUE INDEX queue_jobs_unique_key ON queue_jobs (unique_key) WHERE unique_key IS NOT NULL AND finished_at IS NULL;

-- One row a worker incarnation: the lease under which it holds everything it runs.
CREATE TABLE queue_workers (
    id          BLOB        PRIMARY KEY NOT NULL,
    name        TEXT        NOT NULL,
    host        TEXT        NOT NULL,
    pid         INTEGER     NOT NULL,
    queues      TEXT        NOT NULL,
    started_at  INTEGER     NOT NULL,
    beat_at     INTEGER     NOT NULL,
    lease_until INTEGER     NOT NULL
) STRICT;

-- One row for every attempt that ended otherwise than done.
CREATE TABLE queue_attempts (
    job_id      BLOB        NOT NULL REFERENCES queue_jobs (id) ON DELETE CASCADE,
    fence       INTEGER     NOT NULL,
    attempt     INTEGER     NOT NULL,
    worker_id   BLOB,
    ended       TEXT        NOT NULL,
    code        TEXT,
    message     TEXT,
    started_at  INTEGER,
    finished_at INTEGER     NOT NULL,
    PRIMARY KEY (job_id, fence),
    CONSTRAINT queue_attempts_ended CHECK (ended IN ('retried', 'snoozed', 'released', 'lease_lost', 'cancelled', 'dead'))
) STRICT;
