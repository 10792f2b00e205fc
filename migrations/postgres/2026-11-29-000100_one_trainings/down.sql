-- What the old tables can't say is dropped: retrainings of forecasters.
DELETE FROM model_retrainings WHERE base_dataset_id IS NULL;
ALTER TABLE model_retrainings
    DROP CONSTRAINT model_retrainings_base,
    ALTER COLUMN base_dataset_id SET NOT NULL,
    ALTER COLUMN held_back SET NOT NULL;

CREATE TABLE forecaster_trainings (
    id uuid PRIMARY KEY,
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    model text NOT NULL,
    job_id uuid NOT NULL UNIQUE,
    seed bigint NOT NULL CHECK (seed >= 0),
    version text,
    created_at timestamptz NOT NULL,
    completed_at timestamptz,
    UNIQUE (artist_id, id),
    FOREIGN KEY (artist_id, model, version) REFERENCES model_versions (artist_id, model, version),
    CHECK ((completed_at IS NULL) = (version IS NULL))
);
CREATE INDEX forecaster_trainings_listed ON forecaster_trainings (artist_id, model, id);
INSERT INTO forecaster_trainings (id, artist_id, model, job_id, seed, version, created_at, completed_at)
    SELECT id, artist_id, model, job_id, seed, version, created_at, completed_at
    FROM model_trainings WHERE task = 'forecast';
DELETE FROM model_trainings WHERE task = 'forecast';
ALTER TABLE model_trainings
    DROP CONSTRAINT model_trainings_dataset,
    DROP COLUMN task,
    ALTER COLUMN dataset_id SET NOT NULL;
