-- What is asked of a master is one document, a result has any number of files, previews are masters
-- apart, and tracks are analysed.
ALTER TABLE masters ADD COLUMN purpose text NOT NULL DEFAULT 'master'
    CONSTRAINT masters_purpose CHECK (purpose IN ('master', 'preview'));
ALTER TABLE masters ALTER COLUMN purpose DROP DEFAULT;
ALTER TABLE masters ADD COLUMN settings jsonb;
UPDATE masters SET settings = jsonb_build_object(
    'version', 1,
    'target', jsonb_build_object(
        'name', target_name, 'integrated_lufs', integrated_lufs, 'ceiling_dbtp', ceiling_dbtp),
    'references', CASE WHEN reference_track_id IS NULL THEN '[]'::jsonb ELSE
        jsonb_build_array(jsonb_build_object('track_id', reference_track_id, 'weight', 1)) END,
    'outputs', jsonb_build_array(jsonb_build_object('format', format, 'bits', bits)));
ALTER TABLE masters ALTER COLUMN settings SET NOT NULL;

-- The settings name references too, in their order and with their weights. These rows are for the
-- database to see: a track that a master goes by is its owner's own, and can't be deleted.
CREATE TABLE master_references (
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    master_id uuid NOT NULL,
    position integer NOT NULL CHECK (position >= 0),
    track_id uuid NOT NULL,
    PRIMARY KEY (master_id, position),
    FOREIGN KEY (artist_id, master_id) REFERENCES masters (artist_id, id) ON DELETE CASCADE,
    FOREIGN KEY (artist_id, track_id) REFERENCES tracks (artist_id, id)
);
INSERT INTO master_references (artist_id, master_id, position, track_id)
    SELECT artist_id, id, 0, reference_track_id FROM masters WHERE reference_track_id IS NOT NULL;

CREATE TABLE analyses (
    id uuid PRIMARY KEY,
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    track_id uuid NOT NULL,
    job_id uuid NOT NULL UNIQUE,
    report jsonb,
    created_at timestamptz NOT NULL,
    completed_at timestamptz,
    UNIQUE (artist_id, id),
    FOREIGN KEY (artist_id, track_id) REFERENCES tracks (artist_id, id),
    CHECK ((completed_at IS NULL) = (report IS NULL))
);

-- Files that jobs made, of whatever owns them. Bytes are in object storage, under object_key.
CREATE TABLE artifacts (
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    owner_kind text NOT NULL CONSTRAINT artifacts_owner_kind CHECK (owner_kind IN ('master', 'analysis')),
    owner_id uuid NOT NULL,
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
INSERT INTO artifacts (artist_id, owner_kind, owner_id, position, name, format, media_type, size_bytes, sha256, object_key)
    SELECT artist_id, 'master', id, 0,
        'master-' || CASE bits WHEN '32f' THEN 'float' ELSE bits || 'bit' END || '.' || format,
        format, media_type, size_bytes, sha256, object_key
    FROM masters WHERE completed_at IS NOT NULL;

-- Their CHECKs and foreign keys go with them.
ALTER TABLE masters
    DROP COLUMN target_name,
    DROP COLUMN integrated_lufs,
    DROP COLUMN ceiling_dbtp,
    DROP COLUMN format,
    DROP COLUMN bits,
    DROP COLUMN reference_track_id,
    DROP COLUMN object_key,
    DROP COLUMN media_type,
    DROP COLUMN size_bytes,
    DROP COLUMN sha256;
CREATE INDEX masters_listed ON masters (artist_id, purpose, id);
