-- Schedules: jobs that are made by the clock.
-- Times are microseconds since 1970, ids are 16 bytes, documents are JSON text.

CREATE TABLE queue_schedules (
    id              BLOB        PRIMARY KEY NOT NULL,      -- UUIDv7: sorts by creation
    tenant_id       BLOB,                                  -- NULL: the platform's own
    name            TEXT        NOT NULL,
    cron            TEXT        NOT NULL,
    zone            TEXT        NOT NULL,                  -- of the IANA database
    catch_up        TEXT        NOT NULL,
    queue           TEXT        NOT NULL,                  -- from here on as in queue_jobs: what each tick makes
    kind            TEXT        NOT NULL,
    priority        INTEGER     NOT NULL,
    payload         TEXT        NOT NULL,
    max_attempts    INTEGER     NOT NULL,
    timeout_seconds INTEGER     NOT NULL,
    backoff_base_ms INTEGER     NOT NULL,
    backoff_cap_ms  INTEGER     NOT NULL,
    paused_at       INTEGER,
    next_at         INTEGER,                               -- the first tick not yet decided; NULL: none comes
    last_at         INTEGER,                               -- the newest tick that made a job
    missed          INTEGER     NOT NULL DEFAULT 0,        -- ticks that the policy let go
    created_at      INTEGER     NOT NULL,
    updated_at      INTEGER     NOT NULL,                  -- when a person, a program or a tick last changed it
    CONSTRAINT queue_schedules_payload CHECK (json_valid(payload)),
    CONSTRAINT queue_schedules_name CHECK (length(name) BETWEEN 1 AND 128),
    CONSTRAINT queue_schedules_catch_up CHECK (catch_up IN ('skip', 'latest', 'all')),
    CONSTRAINT queue_schedules_priority CHECK (priority BETWEEN 0 AND 9),
    CONSTRAINT queue_schedules_attempts CHECK (max_attempts >= 1),
    CONSTRAINT queue_schedules_timeout CHECK (timeout_seconds >= 1),
    CONSTRAINT queue_schedules_backoff CHECK (backoff_base_ms >= 0 AND backoff_cap_ms >= backoff_base_ms),
    CONSTRAINT queue_schedules_paused CHECK (paused_at IS NULL OR next_at IS NULL)
) STRICT;

-- One schedule a name and tenant, or of the platform's own.
CREATE UNIQUE INDEX queue_schedules_tenant_name ON queue_schedules (tenant_id, name) WHERE tenant_id IS NOT NULL;
CREATE UNIQUE INDEX queue_schedules_own_name ON queue_schedules (name) WHERE tenant_id IS NULL;
-- What is due.
CREATE INDEX queue_schedules_next ON queue_schedules (next_at) WHERE next_at IS NOT NULL;
-- What was decided by a clock that has been set back since.
CREATE INDEX queue_schedules_updated ON queue_schedules (updated_at);

-- One row a tick that made a job, written with the job: the key refuses a second.
CREATE TABLE queue_ticks (
    schedule_id BLOB        NOT NULL REFERENCES queue_schedules (id) ON DELETE CASCADE,
    tick_at     INTEGER     NOT NULL,
    job_id      BLOB        NOT NULL,                      -- may be pruned before the tick
    made_at     INTEGER     NOT NULL,
    PRIMARY KEY (schedule_id, tick_at)
) STRICT;

-- Which tick made a job.
CREATE UNIQUE INDEX queue_ticks_job ON queue_ticks (job_id);
-- What may be pruned.
CREATE INDEX queue_ticks_made ON queue_ticks (made_at);
