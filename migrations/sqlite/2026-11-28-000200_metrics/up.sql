-- Files of metrics that artists handed in. Their bytes are in object storage, under object_key, until erased.
CREATE TABLE metric_imports (
    id blob PRIMARY KEY NOT NULL,
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    job_id blob NOT NULL UNIQUE,
    filename text NOT NULL,
    object_key text NOT NULL,
    format text NOT NULL CONSTRAINT metric_imports_format CHECK (format IN ('csv', 'json')),
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    sha256 text NOT NULL,
    -- How far it has come, written with every batch of its rows; whole once completed_at is there.
    report text NOT NULL,
    created_at bigint NOT NULL,
    completed_at bigint,
    UNIQUE (artist_id, id)
);
CREATE INDEX metric_imports_listed ON metric_imports (artist_id, id);

-- One value a day of one series: a metric at a source, of one track or ('') of the artist as a whole.
-- day is text, YYYY-MM-DD. updated_at is when the value was last handed in, also when that changed
-- nothing: what was handed in earlier never replaces it, whichever is written first.
CREATE TABLE metrics_daily (
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    metric text NOT NULL,
    source text NOT NULL,
    track text NOT NULL,
    day text NOT NULL,
    value double NOT NULL,
    imported_by blob,
    updated_at bigint NOT NULL,
    PRIMARY KEY (artist_id, metric, source, track, day),
    FOREIGN KEY (artist_id, imported_by) REFERENCES metric_imports (artist_id, id)
) WITHOUT ROWID;

-- Which refresh of an artist's analytics began last, and which one's results are kept.
CREATE TABLE analytics_refreshes (
    artist_id blob PRIMARY KEY NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    begun bigint NOT NULL,
    kept bigint NOT NULL,
    CHECK (kept <= begun)
);

-- What was computed from an artist's metrics, to be answered at once. subject is the series that a result
-- is about, or '' where a kind has one result.
CREATE TABLE analytics_results (
    artist_id blob NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    kind text NOT NULL,
    subject text NOT NULL,
    result text NOT NULL,
    computed_at bigint NOT NULL,
    job_id blob NOT NULL,
    PRIMARY KEY (artist_id, kind, subject)
);
