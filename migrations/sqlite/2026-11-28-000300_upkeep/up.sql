-- Models that are looked after by themselves, and the figures that this goes by.
CREATE TABLE model_upkeep (
    id blob PRIMARY KEY NOT NULL,
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    model text NOT NULL,
    policy text NOT NULL,
    -- The queue's schedule of its watches.
    schedule_id blob NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    UNIQUE (artist_id, model)
);

-- Rows that a champion answered and whose key the caller gave, with what became of them.
CREATE TABLE model_observations (
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    model text NOT NULL,
    -- The caller's own name for the row.
    key text NOT NULL,
    -- The columns that the version asked for.
    cells text NOT NULL,
    version text NOT NULL,
    probability double NOT NULL,
    -- Where the row stands among all by its key, 0 to 1: the lowest are never trained on.
    place double NOT NULL,
    observed_at bigint NOT NULL,
    outcome boolean,
    outcome_at bigint,
    PRIMARY KEY (artist_id, model, key),
    FOREIGN KEY (artist_id, model) REFERENCES model_upkeep (artist_id, model) ON DELETE CASCADE,
    CHECK ((outcome IS NULL) = (outcome_at IS NULL))
);
CREATE INDEX model_observations_listed ON model_observations (artist_id, model, observed_at);

-- What other versions say of the same rows. Nothing is answered from it.
CREATE TABLE model_shadows (
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    model text NOT NULL,
    key text NOT NULL,
    version text NOT NULL,
    probability double NOT NULL,
    judged_at bigint NOT NULL,
    PRIMARY KEY (artist_id, model, key, version),
    FOREIGN KEY (artist_id, model, key)
        REFERENCES model_observations (artist_id, model, key) ON DELETE CASCADE
);

-- Trainings that upkeep asked for: which rows their versions have seen.
CREATE TABLE model_retrainings (
    training_id blob PRIMARY KEY NOT NULL,
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    model text NOT NULL,
    -- The job that asked for it.
    job_id blob NOT NULL UNIQUE,
    -- What the artist handed in that it goes back to.
    base_dataset_id blob NOT NULL,
    -- Rows below this place were held back.
    held_back double NOT NULL,
    created_at bigint NOT NULL,
    FOREIGN KEY (artist_id, training_id) REFERENCES model_trainings (artist_id, id) ON DELETE CASCADE,
    FOREIGN KEY (artist_id, base_dataset_id) REFERENCES datasets (artist_id, id)
);
CREATE INDEX model_retrainings_listed ON model_retrainings (artist_id, model, created_at);

-- What was looked at, found and decided.
CREATE TABLE model_checks (
    id blob PRIMARY KEY NOT NULL,
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    model text NOT NULL,
    job_id blob NOT NULL UNIQUE,
    kind text NOT NULL CONSTRAINT model_checks_kind CHECK (kind IN ('watch', 'judgement', 'rollback')),
    decision text NOT NULL CONSTRAINT model_checks_decision CHECK (decision IN (
        'nothing', 'retrain', 'judge', 'roll_back', 'promote', 'drop', 'wait', 'overtaken')),
    because text NOT NULL,
    -- The champion then, and the version that it was held against.
    champion text NOT NULL,
    other text,
    -- Rows that the two were compared on.
    compared bigint NOT NULL CHECK (compared >= 0),
    evidence text NOT NULL,
    -- The job that follows.
    next_job_id blob,
    created_at bigint NOT NULL
);
CREATE INDEX model_checks_listed ON model_checks (artist_id, model, id);
