-- Tracks that are mastered together.
CREATE TABLE albums (
    id uuid PRIMARY KEY,
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    title text,
    job_id uuid NOT NULL UNIQUE,
    settings jsonb NOT NULL,
    report jsonb,
    created_at timestamptz NOT NULL,
    completed_at timestamptz,
    UNIQUE (artist_id, id),
    -- The result is there whole, or not at all.
    CHECK ((completed_at IS NULL) = (report IS NULL))
);
CREATE INDEX albums_listed ON albums (artist_id, id);

-- The album's tracks in their order, and the tracks that it goes by, which the settings name too: the
-- database itself refuses another artist's, and to delete one.
CREATE TABLE album_tracks (
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    album_id uuid NOT NULL,
    role text NOT NULL CONSTRAINT album_tracks_role CHECK (role IN ('track', 'reference')),
    position integer NOT NULL CHECK (position >= 0),
    track_id uuid NOT NULL,
    PRIMARY KEY (album_id, role, position),
    FOREIGN KEY (artist_id, album_id) REFERENCES albums (artist_id, id) ON DELETE CASCADE,
    FOREIGN KEY (artist_id, track_id) REFERENCES tracks (artist_id, id)
);

ALTER TABLE artifacts DROP CONSTRAINT artifacts_owner_kind;
ALTER TABLE artifacts ADD CONSTRAINT artifacts_owner_kind
    CHECK (owner_kind IN ('master', 'analysis', 'album'));
