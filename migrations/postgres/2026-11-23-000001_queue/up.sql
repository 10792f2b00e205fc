-- The job engine. Every row of work is one row here from its enqueue to its pruning.

CREATE TABLE queue_jobs (
    id                  uuid        PRIMARY KEY,           -- UUIDv7: sorts by creation
    tenant_id           uuid,                              -- NULL: the platform's own work
    queue               text        NOT NULL,
    kind                text        NOT NULL,
    state               text        NOT NULL,
    priority            smallint    NOT NULL,              -- 0 first, 9 last
    payload             jsonb       NOT NULL,
    attempt             integer     NOT NULL DEFAULT 0,    -- counted at the claim
    max_attempts        integer     NOT NULL,
    fence               bigint      NOT NULL DEFAULT 0,    -- grows at every change of ownership; (id, fence) is the fencing token
    worker_id           uuid,                              -- the worker incarnation that runs it
    run_at              timestamptz NOT NULL,              -- not before; also the order among equals
    timeout_seconds     integer     NOT NULL,              -- of one attempt
    backoff_base_ms     integer     NOT NULL,
    backoff_cap_ms      integer     NOT NULL,
    progress            real        NOT NULL DEFAULT 0,
    stage               text,
    checkpoint          jsonb,
    cancel_requested_at timestamptz,
    cancel_reason       text,
    output              jsonb,
    error_code          text,
    error_message       text,
    unique_key          text,
    created_at          timestamptz NOT NULL,
    started_at          timestamptz,                       -- of the newest attempt
    finished_at         timestamptz,
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
) WITH (
    fillfactor = 80,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.05
);

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
    id          uuid        PRIMARY KEY,
    name        text        NOT NULL,
    host        text        NOT NULL,
    pid         bigint      NOT NULL,
    queues      jsonb       NOT NULL,
    started_at  timestamptz NOT NULL,
    beat_at     timestamptz NOT NULL,
    lease_until timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- One row for every attempt that ended otherwise than done.
CREATE TABLE queue_attempts (
    job_id      uuid        NOT NULL REFERENCES queue_jobs (id) ON DELETE CASCADE,
    fence       bigint      NOT NULL,
    attempt     integer     NOT NULL,
    worker_id   uuid,
    ended       text        NOT NULL,
    code        text,
    message     text,
    started_at  timestamptz,
    finished_at timestamptz NOT NULL,
    PRIMARY KEY (job_id, fence),
    CONSTRAINT queue_attempts_ended CHECK (ended IN ('retried', 'snoozed', 'released', 'lease_lost', 'cancelled', 'dead'))
);
