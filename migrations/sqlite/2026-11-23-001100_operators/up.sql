-- Who may use /v1/admin. A token is kept only as its SHA-256. An operator is no artist.
CREATE TABLE operators (
    id BLOB PRIMARY KEY NOT NULL,
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    token_sha256 TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
);
-- One operator in force a name: acts are told by it.
CREATE UNIQUE INDEX operators_name ON operators (name) WHERE revoked_at IS NULL;
