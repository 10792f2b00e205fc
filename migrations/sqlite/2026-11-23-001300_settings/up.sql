-- What is asked of a master is one document, a result has any number of files, previews are masters
-- apart, and tracks are analysed.
-- SQLite drops no column that a CHECK or a foreign key names: the table is made anew.
CREATE TABLE masters_new (
    id blob PRIMARY KEY NOT NULL,
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    purpose text NOT NULL CONSTRAINT masters_purpose CHECK (purpose IN ('master', 'preview')),
    track_id blob NOT NULL,
    job_id blob NOT NULL UNIQUE,
    settings text NOT NULL,
    report text,
    created_at bigint NOT NULL,
    completed_at bigint,
    UNIQUE (artist_id, id),
    -- A master is made of its owner's own tracks: the database itself refuses another's.
    FOREIGN KEY (artist_id, track_id) REFERENCES tracks (artist_id, id),
    -- The result is there whole, or not at all.
    CHECK ((completed_at IS NULL) = (report IS NULL))
);
INSERT INTO masters_new (id, artist_id, purpose, track_id, job_id, settings, report, created_at, completed_at)
    SELECT id, artist_id, 'master', track_id, job_id,
        json_object(
            'version', 1,
            'target', json_object(
                'name', target_name, 'integrated_lufs', integrated_lufs, 'ceiling_dbtp', ceiling_dbtp),
            'references', CASE WHEN reference_track_id IS NULL THEN json('[]') ELSE
                json_array(json_object(
                    'track_id', lower(
                        substr(hex(reference_track_id), 1, 8) || '-' ||
                        substr(hex(reference_track_id), 9, 4) || '-' ||
                        substr(hex(reference_track_id), 13, 4) || '-' ||
                        substr(hex(reference_track_id), 17, 4) || '-' ||
                        substr(hex(reference_track_id), 21)),
                    'weight', 1)) END,
            'outputs', json_array(json_object('format', format, 'bits', bits))),
        report, created_at, completed_at
    FROM masters;

-- Files that jobs made, of whatever owns them. Bytes are in object storage, under object_key.
CREATE TABLE artifacts (
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
INSERT INTO artifacts (artist_id, owner_kind, owner_id, position, name, format, media_type, size_bytes, sha256, object_key)
    SELECT artist_id, 'master', id, 0,
        'master-' || CASE bits WHEN '32f' THEN 'float' ELSE bits || 'bit' END || '.' || format,
        format, media_type, size_bytes, sha256, object_key
    FROM masters WHERE completed_at IS NOT NULL;

CREATE TEMPORARY TABLE referred AS
    SELECT artist_id, id AS master_id, reference_track_id AS track_id
    FROM masters WHERE reference_track_id IS NOT NULL;
DROP TABLE masters;
ALTER TABLE masters_new RENAME TO masters;
CREATE INDEX masters_listed ON masters (artist_id, purpose, id);

-- The settings name references too, in their order and with their weights. These rows are for the
-- database to see: a track that a master goes by is its owner's own, and can't be deleted.
CREATE TABLE master_references (
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    master_id blob NOT NULL,
    position integer NOT NULL CHECK (position >= 0),
    track_id blob NOT NULL,
    PRIMARY KEY (master_id, position),
    FOREIGN KEY (artist_id, master_id) REFERENCES masters (artist_id, id) ON DELETE CASCADE,
    FOREIGN KEY (artist_id, track_id) REFERENCES tracks (artist_id, id)
);
INSERT INTO master_references (artist_id, master_id, position, track_id)
    SELECT artist_id, master_id, 0, track_id FROM referred;
DROP TABLE referred;

CREATE TABLE analyses (
    id blob PRIMARY KEY NOT NULL,
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    track_id blob NOT NULL,
    job_id blob NOT NULL UNIQUE,
    report text,
    created_at bigint NOT NULL,
    completed_at bigint,
    UNIQUE (artist_id, id),
    FOREIGN KEY (artist_id, track_id) REFERENCES tracks (artist_id, id),
    CHECK ((completed_at IS NULL) = (report IS NULL))
);
