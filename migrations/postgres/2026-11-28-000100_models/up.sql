-- Rows that an artist handed in to learn from. Their bytes are in object storage.
CREATE TABLE datasets (
    id uuid PRIMARY KEY,
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    name text NOT NULL,
    -- The column that is to be predicted.
    target text NOT NULL,
    row_count bigint NOT NULL CHECK (row_count >= 0),
    column_count integer NOT NULL CHECK (column_count > 0),
    -- The days that the rows tell of, as YYYY-MM-DD, where the artist said so.
    covers_from text,
    covers_to text,
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    sha256 text NOT NULL,
    object_key text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (artist_id, id)
);
CREATE INDEX datasets_listed ON datasets (artist_id, id);

-- Versions of models: each is what its checksum says, for ever.
CREATE TABLE model_versions (
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    model text NOT NULL,
    -- SHA-256 of the bundle, which holds metadata and weights.
    version text NOT NULL CHECK (length(version) = 64),
    parent text,
    task text NOT NULL CONSTRAINT model_versions_task CHECK (task IN ('churn', 'forecast')),
    metadata jsonb NOT NULL,
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    object_key text NOT NULL UNIQUE,
    job_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (artist_id, model, version)
);
CREATE INDEX model_versions_listed ON model_versions (artist_id, model, created_at);

-- Which version answers (champion), and which might next (challenger).
CREATE TABLE model_aliases (
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    model text NOT NULL,
    alias text NOT NULL CONSTRAINT model_aliases_alias CHECK (alias IN ('champion', 'challenger')),
    version text NOT NULL,
    moved_at timestamptz NOT NULL,
    PRIMARY KEY (artist_id, model, alias),
    FOREIGN KEY (artist_id, model, version) REFERENCES model_versions (artist_id, model, version)
);

-- Every move of an alias, written in the transaction of the move.
CREATE TABLE model_moves (
    id uuid PRIMARY KEY,
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    model text NOT NULL,
    alias text NOT NULL CONSTRAINT model_moves_alias CHECK (alias IN ('champion', 'challenger')),
    act text NOT NULL CONSTRAINT model_moves_act CHECK (act IN ('trained', 'promoted', 'rolled_back')),
    from_version text,
    to_version text NOT NULL,
    actor text NOT NULL,
    why text NOT NULL,
    evidence jsonb,
    created_at timestamptz NOT NULL,
    FOREIGN KEY (artist_id, model, to_version) REFERENCES model_versions (artist_id, model, version)
);
CREATE INDEX model_moves_listed ON model_moves (artist_id, model, id);

-- Trainings that were asked for, and the version that came of each.
CREATE TABLE model_trainings (
    id uuid PRIMARY KEY,
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    model text NOT NULL,
    dataset_id uuid NOT NULL,
    job_id uuid NOT NULL UNIQUE,
    seed bigint NOT NULL CHECK (seed >= 0),
    version text,
    created_at timestamptz NOT NULL,
    completed_at timestamptz,
    UNIQUE (artist_id, id),
    FOREIGN KEY (artist_id, dataset_id) REFERENCES datasets (artist_id, id),
    FOREIGN KEY (artist_id, model, version) REFERENCES model_versions (artist_id, model, version),
    CHECK ((completed_at IS NULL) = (version IS NULL))
);
CREATE INDEX model_trainings_listed ON model_trainings (artist_id, model, id);
