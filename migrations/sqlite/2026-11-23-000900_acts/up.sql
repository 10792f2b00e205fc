-- Acts: what people did to jobs, queues, schedules, flows and effects, each written with its effect.
CREATE TABLE queue_acts (
    id          BLOB PRIMARY KEY NOT NULL,      -- UUIDv7: sorts by time
    at          INTEGER NOT NULL,
    actor       TEXT NOT NULL,         -- an operator's name, or a tenant's id
    tenant_id   BLOB,                  -- the tenant, when it acted itself
    act         TEXT NOT NULL,         -- no CHECK: newer programs know more acts
    target_kind TEXT NOT NULL,         -- job, queue, schedule, flow or effect
    target      TEXT NOT NULL,         -- its id or name; an effect's is its job's
    details     TEXT NOT NULL
);

-- What was done to one thing, newest first.
CREATE INDEX queue_acts_target ON queue_acts (target, id);

-- Who paused a queue: `changed_by` may be someone who set its limit since.
ALTER TABLE queue_controls ADD COLUMN paused_by TEXT;
