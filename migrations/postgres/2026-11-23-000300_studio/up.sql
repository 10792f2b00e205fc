-- Sound that artists handed in, and the masters made of it. Bytes are in object storage, under object_key.
CREATE TABLE tracks (
    id uuid PRIMARY KEY,
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    filename text NOT NULL,
    format text NOT NULL,
    media_type text NOT NULL,
    extension text NOT NULL,
    sample_rate_hz integer NOT NULL CHECK (sample_rate_hz > 0),
    channels integer NOT NULL CHECK (channels > 0),
    bits integer,
    duration_seconds double precision,
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    sha256 text NOT NULL,
    object_key text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (artist_id, id)
);

CREATE TABLE masters (
    id uuid PRIMARY KEY,
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    track_id uuid NOT NULL,
    reference_track_id uuid,
    job_id uuid NOT NULL UNIQUE,
    target_name text NOT NULL,
    integrated_lufs double precision NOT NULL,
    ceiling_dbtp double precision NOT NULL,
    format text NOT NULL CHECK (format IN ('wav', 'flac')),
    bits text NOT NULL CHECK (bits IN ('16', '24', '32f')),
    object_key text,
    media_type text,
    size_bytes bigint,
    sha256 text,
    report jsonb,
    created_at timestamptz NOT NULL,
    completed_at timestamptz,
    UNIQUE (artist_id, id),
    -- A master is made of its owner's own tracks: the database itself refuses another's.
    FOREIGN KEY (artist_id, track_id) REFERENCES tracks (artist_id, id),
    FOREIGN KEY (artist_id, reference_track_id) REFERENCES tracks (artist_id, id),
    -- The result is there whole, or not at all.
    CHECK ((completed_at IS NULL) = (object_key IS NULL)),
    CHECK ((completed_at IS NULL) = (media_type IS NULL)),
    CHECK ((completed_at IS NULL) = (size_bytes IS NULL)),
    CHECK ((completed_at IS NULL) = (sha256 IS NULL)),
    CHECK ((completed_at IS NULL) = (report IS NULL))
);
