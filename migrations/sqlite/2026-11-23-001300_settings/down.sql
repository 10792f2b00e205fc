-- What the old columns can't say is dropped: previews, masters without figures of their own or in
-- other formats, all files but the first, all references but the first, analyses.
CREATE TABLE masters_old (
    id blob PRIMARY KEY NOT NULL,
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    track_id blob NOT NULL,
    reference_track_id blob,
    job_id blob NOT NULL UNIQUE,
    target_name text NOT NULL,
    integrated_lufs double NOT NULL,
    ceiling_dbtp double NOT NULL,
    format text NOT NULL CHECK (format IN ('wav', 'flac')),
    bits text NOT NULL CHECK (bits IN ('16', '24', '32f')),
    object_key text,
    media_type text,
    size_bytes bigint,
    sha256 text,
    report text,
    created_at bigint NOT NULL,
    completed_at bigint,
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
INSERT INTO masters_old
    SELECT m.id, m.artist_id, m.track_id, r.track_id, m.job_id,
        m.settings ->> '$.target.name', m.settings ->> '$.target.integrated_lufs',
        m.settings ->> '$.target.ceiling_dbtp',
        m.settings ->> '$.outputs[0].format', m.settings ->> '$.outputs[0].bits',
        f.object_key, f.media_type, f.size_bytes, f.sha256, m.report, m.created_at, m.completed_at
    FROM masters m
    LEFT JOIN master_references r ON r.master_id = m.id AND r.position = 0
    LEFT JOIN artifacts f ON f.artist_id = m.artist_id AND f.owner_kind = 'master'
        AND f.owner_id = m.id AND f.position = 0
    WHERE m.purpose = 'master' AND m.settings ->> '$.target.integrated_lufs' IS NOT NULL
        AND m.settings ->> '$.outputs[0].format' IN ('wav', 'flac');
DROP TABLE artifacts;
DROP TABLE analyses;
DROP TABLE master_references;
DROP TABLE masters;
ALTER TABLE masters_old RENAME TO masters;
