-- One row an office that one process holds at a time: `keeper` does the engine's own chores.
CREATE TABLE queue_leases (
    name   text        PRIMARY KEY,
    holder uuid        NOT NULL,                -- a worker incarnation
    token  bigint      NOT NULL DEFAULT 1,      -- grows with every new term
    until  timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
