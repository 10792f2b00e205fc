DELETE FROM artifacts WHERE owner_kind = 'album';
CREATE TABLE artifacts_new (
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    owner_kind text NOT NULL CONSTRAINT artifacts_owner_kind CHECK (owner_kind IN ('master', 'analysis')),
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
DROP TABLE album_tracks;
DROP TABLE albums;
