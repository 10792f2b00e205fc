-- One table of all trainings. Those of forecasters learn from the artist's own metrics: they name no dataset,
-- and where upkeep asks for one, it goes back to none and holds no row back.
ALTER TABLE model_trainings
    ALTER COLUMN dataset_id DROP NOT NULL,
    -- Those of before.
    ADD COLUMN task text NOT NULL DEFAULT 'churn'
        CONSTRAINT model_trainings_task CHECK (task IN ('churn', 'forecast'));
ALTER TABLE model_trainings
    ALTER COLUMN task DROP DEFAULT,
    ADD CONSTRAINT model_trainings_dataset CHECK (task <> 'churn' OR dataset_id IS NOT NULL);
INSERT INTO model_trainings (id, artist_id, model, job_id, seed, version, created_at, completed_at, task)
    SELECT id, artist_id, model, job_id, seed, version, created_at, completed_at, 'forecast'
    FROM forecaster_trainings;
DROP TABLE forecaster_trainings;

ALTER TABLE model_retrainings
    ALTER COLUMN base_dataset_id DROP NOT NULL,
    ALTER COLUMN held_back DROP NOT NULL,
    ADD CONSTRAINT model_retrainings_base CHECK ((base_dataset_id IS NULL) = (held_back IS NULL));
