-- Acts: what people did to jobs, queues, schedules, flows and effects, each written with its effect.
CREATE TABLE queue_acts (
    id          uuid PRIMARY KEY,      -- UUIDv7: sorts by time
    at          timestamptz NOT NULL,
    actor       text NOT NULL,         -- an operator's name, or a tenant's id
    tenant_id   uuid,                  -- the tenant, when it acted itself
    act         text NOT NULL,         -- no CHECK: newer programs know more acts
    target_kind text NOT NULL,         -- job, queue, schedule, flow or effect
    target      text NOT NULL,         -- its id or name; an effect's is its job's
    details     jsonb NOT NULL
);

-- What was done to one thing, newest first.
CREATE INDEX queue_acts_target ON queue_acts (target, id);

-- Who paused a queue: `changed_by` may be someone who set its limit since.
ALTER TABLE queue_controls ADD COLUMN paused_by text;
