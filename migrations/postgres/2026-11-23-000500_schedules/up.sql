-- Schedules: jobs that are made by the clock.

CREATE TABLE queue_schedules (
    id              uuid        PRIMARY KEY,               -- UUIDv7: sorts by creation
    tenant_id       uuid,                                  -- NULL: the platform's own
    name            text        NOT NULL,
    cron            text        NOT NULL,
    zone            text        NOT NULL,                  -- of the IANA database
    catch_up        text        NOT NULL,
    queue           text        NOT NULL,                  -- from here on as in queue_jobs: what each tick makes
    kind            text        NOT NULL,
    priority        smallint    NOT NULL,
    payload         jsonb       NOT NULL,
    max_attempts    integer     NOT NULL,
    timeout_seconds integer     NOT NULL,
    backoff_base_ms integer     NOT NULL,
    backoff_cap_ms  integer     NOT NULL,
    paused_at       timestamptz,
    next_at         timestamptz,                           -- the first tick not yet decided; NULL: none comes
    last_at         timestamptz,                           -- the newest tick that made a job
    missed          bigint      NOT NULL DEFAULT 0,        -- ticks that the policy let go
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,                  -- when a person, a program or a tick last changed it
    CONSTRAINT queue_schedules_name CHECK (length(name) BETWEEN 1 AND 128),
    CONSTRAINT queue_schedules_catch_up CHECK (catch_up IN ('skip', 'latest', 'all')),
    CONSTRAINT queue_schedules_priority CHECK (priority BETWEEN 0 AND 9),
    CONSTRAINT queue_schedules_attempts CHECK (max_attempts >= 1),
    CONSTRAINT queue_schedules_timeout CHECK (timeout_seconds >= 1),
    CONSTRAINT queue_schedules_backoff CHECK (backoff_base_ms >= 0 AND backoff_cap_ms >= backoff_base_ms),
    CONSTRAINT queue_schedules_paused CHECK (paused_at IS NULL OR next_at IS NULL)
) WITH (fillfactor = 80);

-- One schedule a name and tenant, or of the platform's own.
CREATE UNIQUE INDEX queue_schedules_tenant_name ON queue_schedules (tenant_id, name) WHERE tenant_id IS NOT NULL;
CREATE UNIQUE INDEX queue_schedules_own_name ON queue_schedules (name) WHERE tenant_id IS NULL;
-- What is due.
CREATE INDEX queue_schedules_next ON queue_schedules (next_at) WHERE next_at IS NOT NULL;
-- What was decided by a clock that has been set back since.
CREATE INDEX queue_schedules_updated ON queue_schedules (updated_at);

-- One row a tick that made a job, written with the job: the key refuses a second.
CREATE TABLE queue_ticks (
    schedule_id uuid        NOT NULL REFERENCES queue_schedules (id) ON DELETE CASCADE,
    tick_at     timestamptz NOT NULL,
    job_id      uuid        NOT NULL,                      -- may be pruned before the tick
    made_at     timestamptz NOT NULL,
    PRIMARY KEY (schedule_id, tick_at)
);

-- Which tick made a job.
CREATE UNIQUE INDEX queue_ticks_job ON queue_ticks (job_id);
-- What may be pruned.
CREATE INDEX queue_ticks_made ON queue_ticks (made_at);
