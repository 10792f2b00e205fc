-- Trainings of forecasters, which learn from the artist's own metrics, and the version that came of
-- each.
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

-- What sources of metrics know a track by.
CREATE TABLE track_isrcs (
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    track_id uuid NOT NULL,
    isrc text NOT NULL,
    PRIMARY KEY (artist_id, track_id),
    UNIQUE (artist_id, isrc),
    FOREIGN KEY (artist_id, track_id) REFERENCES tracks (artist_id, id) ON DELETE CASCADE
);
