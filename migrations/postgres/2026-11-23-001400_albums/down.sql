DELETE FROM artifacts WHERE owner_kind = 'album';
ALTER TABLE artifacts DROP CONSTRAINT artifacts_owner_kind;
ALTER TABLE artifacts ADD CONSTRAINT artifacts_owner_kind
    CHECK (owner_kind IN ('master', 'analysis'));
DROP TABLE album_tracks;
DROP TABLE albums;
