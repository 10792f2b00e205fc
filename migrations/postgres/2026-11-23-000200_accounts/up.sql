-- Who may use the platform. A token is kept only as its SHA-256.
CREATE TABLE artists (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    created_at timestamptz NOT NULL
);

CREATE TABLE api_tokens (
    id uuid PRIMARY KEY,
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    name text NOT NULL,
    token_sha256 text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX api_tokens_artist ON api_tokens (artist_id);

-- One answer for one Idempotency-Key: written in the transaction of the act itself.
CREATE TABLE idempotency_keys (
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    key text NOT NULL,
    request_sha256 text NOT NULL,
    response jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (artist_id, key)
);
