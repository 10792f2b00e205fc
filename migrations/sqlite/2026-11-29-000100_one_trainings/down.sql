-- What the old tables can't say is dropped: retrainings of forecasters.
ALTER TABLE model_retrainings RENAME TO model_retrainings_new;
ALTER TABLE model_trainings RENAME TO model_trainings_new;
CREATE TABLE model_trainings (
    id blob PRIMARY KEY NOT NULL,
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    model text NOT NULL,
    dataset_id blob NOT NULL,
    job_id blob NOT NULL UNIQUE,
    seed bigint NOT NULL CHECK (seed >= 0),
    version text,
    created_at bigint NOT NULL,
    completed_at bigint,
    UNIQUE (artist_id, id),
    FOREIGN KEY (artist_id, dataset_id) REFERENCES datasets (artist_id, id),
    FOREIGN KEY (artist_id, model, version) REFERENCES model_versions (artist_id, model, version),
    CHECK ((completed_at IS NULL) = (version IS NULL))
);
INSERT INTO model_trainings (id, artist_id, model, dataset_id, job_id, seed, version, created_at, completed_at)
    SELECT id, artist_id, model, dataset_id, job_id, seed, version, created_at, completed_at
    FROM model_trainings_new WHERE task = 'churn';

CREATE TABLE forecaster_trainings (
    id blob PRIMARY KEY NOT NULL,
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    model text NOT NULL,
    job_id blob NOT NULL UNIQUE,
    seed bigint NOT NULL CHECK (seed >= 0),
    version text,
    created_at bigint NOT NULL,
    completed_at bigint,
    UNIQUE (artist_id, id),
    FOREIGN KEY (artist_id, model, version) REFERENCES model_versions (artist_id, model, version),
    CHECK ((completed_at IS NULL) = (version IS NULL))
);
INSERT INTO forecaster_trainings (id, artist_id, model, job_id, seed, version, created_at, completed_at)
    SELECT id, artist_id, model, job_id, seed, version, created_at, completed_at
    FROM model_trainings_new WHERE task = 'forecast';
CREATE INDEX forecaster_trainings_listed ON forecaster_trainings (artist_id, model, id);

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
INSERT INTO model_retrainings (training_id, artist_id, model, job_id, base_dataset_id, held_back, created_at)
    SELECT retraining.training_id, retraining.artist_id, retraining.model, retraining.job_id,
        retraining.base_dataset_id, retraining.held_back, retraining.created_at
    FROM model_retrainings_new retraining
    JOIN model_trainings training ON training.id = retraining.training_id
    WHERE retraining.base_dataset_id IS NOT NULL;

DROP TABLE model_retrainings_new;
DROP TABLE model_trainings_new;
CREATE INDEX model_trainings_listed ON model_trainings (artist_id, model, id);
CREATE INDEX model_retrainings_listed ON model_retrainings (artist_id, model, created_at);
