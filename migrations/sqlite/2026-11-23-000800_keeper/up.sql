-- One row an office that one process holds at a time: `keeper` does the engine's own chores.
CREATE TABLE queue_leases (
    name   TEXT    PRIMARY KEY NOT NULL,
    holder BLOB    NOT NULL,                -- a worker incarnation
    token  INTEGER NOT NULL DEFAULT 1,      -- grows with every new term
    until  INTEGER NOT NULL
) STRICT;
