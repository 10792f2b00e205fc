-- Files of metrics that artists handed in. Their bytes are in object storage, under object_key, until erased.
CREATE TABLE metric_imports (
    id uuid PRIMARY KEY,
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    job_id uuid NOT NULL UNIQUE,
    filename text NOT NULL,
    object_key text NOT NULL,
    format text NOT NULL CONSTRAINT metric_imports_format CHECK (format IN ('csv', 'json')),
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    sha256 text NOT NULL,
    -- How far it has come, written with every batch of its rows; whole once completed_at is there.
    report jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    completed_at timestamptz,
    UNIQUE (artist_id, id)
);
CREATE INDEX metric_imports_listed ON metric_imports (artist_id, id);

-- One value a day of one series: a metric at a source, of one track or ('') of the artist as a whole.
-- Words compare byte by byte on every server. updated_at is when the value was last handed in, also when
-- that changed nothing: what was handed in earlier never replaces it, whichever is written first.
CREATE TABLE metrics_daily (
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    metric text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    track text COLLATE "C" NOT NULL,
    day date NOT NULL,
    value double precision NOT NULL,
    imported_by uuid,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (artist_id, metric, source, track, day),
    FOREIGN KEY (artist_id, imported_by) REFERENCES metric_imports (artist_id, id)
);

-- Which refresh of an artist's analytics began last, and which one's results are kept.
CREATE TABLE analytics_refreshes (
    artist_id uuid PRIMARY KEY REFERENCES artists (id) ON DELETE CASCADE,
    begun bigint NOT NULL,
    kept bigint NOT NULL,
    CHECK (kept <= begun)
);

-- What was computed from an artist's metrics, to be answered at once. subject is the series that a result
-- is about, or '' where a kind has one result.
CREATE TABLE analytics_results (
    artist_id uuid NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    kind text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    result jsonb NOT NULL,
    computed_at timestamptz NOT NULL,
    job_id uuid NOT NULL,
    PRIMARY KEY (artist_id, kind, subject)
);
