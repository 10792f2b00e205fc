-- Tracks that are mastered together.
CREATE TABLE albums (
    id blob PRIMARY KEY NOT NULL,
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    title text,
    job_id blob NOT NULL UNIQUE,
    settings text NOT NULL,
    report text,
    created_at bigint NOT NULL,
    completed_at bigint,
    UNIQUE (artist_id, id),
    -- The result is there whole, or not at all.
    CHECK ((completed_at IS NULL) = (report IS NULL))
);
CREATE INDEX albums_listed ON albums (artist_id, id);

-- The album's tracks in their order, and the tracks that it goes by, which the settings name too: the
-- database itself refuses another artist's, and to delete one.
CREATE TABLE album_tracks (
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    album_id blob NOT NULL,
    role text NOT NULL CONSTRAINT album_tracks_role CHECK (role IN ('track', 'reference')),
    position integer NOT NULL CHECK (position >= 0),
    track_id blob NOT NULL,
    PRIMARY KEY (album_id, role, position),
    FOREIGN KEY (artist_id, album_id) REFERENCES albums (artist_id, id) ON DELETE CASCADE,
    FOREIGN KEY (artist_id, track_id) REFERENCES tracks (artist_id, id)
);

-- SQLite changes no CHECK: the table is made anew.
CREATE TABLE artifacts_new (
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    owner_kind text NOT NULL CONSTRAINT artifacts_owner_kind CHECK (owner_kind IN ('master', 'analysis', 'album')),
    owner_id blob NOT NULL,
    position integer NOT NULL CHECK (position >= 0),
    name text NOT NULL,
    format text NOT NULL,
    media_type text NOT NULL,
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    sha256 text NOT NULL,
    object_key text NOT NULL,
    PRIMARY KEY (artist_id, owner_kind, owner_id, position),
    UNIQUE (artist_id, owner_kind, owner_id, name)
);
INSERT INTO artifacts_new SELECT * FROM artifacts;
DROP TABLE artifacts;
ALTER TABLE artifacts_new RENAME TO artifacts;
