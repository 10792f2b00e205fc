-- What the old columns can't say is dropped: previews, masters without figures of their own or in
-- other formats, all files but the first, all references but the first, analyses.
DELETE FROM masters WHERE purpose <> 'master'
    OR settings #>> '{target,integrated_lufs}' IS NULL
    OR settings #>> '{outputs,0,format}' NOT IN ('wav', 'flac');
DROP INDEX masters_listed;
ALTER TABLE masters
    ADD COLUMN reference_track_id uuid,
    ADD COLUMN target_name text,
    ADD COLUMN integrated_lufs double precision,
    ADD COLUMN ceiling_dbtp double precision,
    ADD COLUMN format text CHECK (format IN ('wav', 'flac')),
    ADD COLUMN bits text CHECK (bits IN ('16', '24', '32f')),
    ADD COLUMN object_key text,
    ADD COLUMN media_type text,
    ADD COLUMN size_bytes bigint,
    ADD COLUMN sha256 text;
UPDATE masters SET
    reference_track_id = (settings #>> '{references,0,track_id}')::uuid,
    target_name = settings #>> '{target,name}',
    integrated_lufs = (settings #>> '{target,integrated_lufs}')::double precision,
    ceiling_dbtp = (settings #>> '{target,ceiling_dbtp}')::double precision,
    format = settings #>> '{outputs,0,format}',
    bits = settings #>> '{outputs,0,bits}';
UPDATE masters SET object_key = f.object_key, media_type = f.media_type, size_bytes = f.size_bytes, sha256 = f.sha256
    FROM artifacts f
    WHERE f.artist_id = masters.artist_id AND f.owner_kind = 'master' AND f.owner_id = masters.id AND f.position = 0;
DROP TABLE artifacts;
DROP TABLE analyses;
DROP TABLE master_references;
ALTER TABLE masters
    DROP COLUMN purpose,
    DROP COLUMN settings,
    ALTER COLUMN target_name SET NOT NULL,
    ALTER COLUMN integrated_lufs SET NOT NULL,
    ALTER COLUMN ceiling_dbtp SET NOT NULL,
    ALTER COLUMN format SET NOT NULL,
    ALTER COLUMN bits SET NOT NULL,
    ADD FOREIGN KEY (artist_id, reference_track_id) REFERENCES tracks (artist_id, id),
    ADD CHECK ((completed_at IS NULL) = (object_key IS NULL)),
    ADD CHECK ((completed_at IS NULL) = (media_type IS NULL)),
    ADD CHECK ((completed_at IS NULL) = (size_bytes IS NULL)),
    ADD CHECK ((completed_at IS NULL) = (sha256 IS NULL));
