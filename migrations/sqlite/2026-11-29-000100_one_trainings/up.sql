-- One table of all trainings. Those of forecasters learn from the artist's own metrics: they name no dataset,
-- and where upkeep asks for one, it goes back to none and holds no row back.
-- SQLite takes NOT NULL from no column: both tables are made anew. Retrainings go with their trainings, so
-- the old table of retrainings is dropped before the one that it refers to: no row goes along.
ALTER TABLE model_retrainings RENAME TO model_retrainings_old;
ALTER TABLE model_trainings RENAME TO model_trainings_old;
CREATE TABLE model_trainings (
    id blob PRIMARY KEY NOT NULL,
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    model text NOT NULL,
    dataset_id blob,
    job_id blob NOT NULL UNIQUE,
    seed bigint NOT NULL CHECK (seed >= 0),
    version text,
    created_at bigint NOT NULL,
    completed_at bigint,
    task text NOT NULL CONSTRAINT model_trainings_task CHECK (task IN ('churn', 'forecast')),
    UNIQUE (artist_id, id),
    FOREIGN KEY (artist_id, dataset_id) REFERENCES datasets (artist_id, id),
    FOREIGN KEY (artist_id, model, version) REFERENCES model_versions (artist_id, model, version),
    CHECK ((completed_at IS NULL) = (version IS NULL)),
    CONSTRAINT model_trainings_dataset CHECK (task <> 'churn' OR dataset_id IS NOT NULL)
);
INSERT INTO model_trainings (id, artist_id, model, dataset_id, job_id, seed, version, created_at, completed_at, task)
    SELECT id, artist_id, model, dataset_id, job_id, seed, version, created_at, completed_at, 'churn'
    FROM model_trainings_old;
INSERT INTO model_trainings (id, artist_id, model, job_id, seed, version, created_at, completed_at, task)
    SELECT id, artist_id, model, job_id, seed, version, created_at, completed_at, 'forecast'
    FROM forecaster_trainings;

CREATE TABLE model_retrainings (
    training_id blob PRIMARY KEY NOT NULL,
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    model text NOT NULL,
    -- The job that asked for it.
    job_id blob NOT NULL UNIQUE,
    -- What the artist handed in that it goes back to.
    base_dataset_id blob,
    -- Rows below this place were held back.
    held_back double,
    created_at bigint NOT NULL,
    FOREIGN KEY (artist_id, training_id) REFERENCES model_trainings (artist_id, id) ON DELETE CASCADE,
    FOREIGN KEY (artist_id, base_dataset_id) REFERENCES datasets (artist_id, id),
    CONSTRAINT model_retrainings_base CHECK ((base_dataset_id IS NULL) = (held_back IS NULL))
);
INSERT INTO model_retrainings (training_id, artist_id, model, job_id, base_dataset_id, held_back, created_at)
    SELECT training_id, artist_id, model, job_id, base_dataset_id, held_back, created_at
    FROM model_retrainings_old;

DROP TABLE model_retrainings_old;
DROP TABLE model_trainings_old;
DROP TABLE forecaster_trainings;
CREATE INDEX model_trainings_listed ON model_trainings (artist_id, model, id);
CREATE INDEX model_retrainings_listed ON model_retrainings (artist_id, model, created_at);
