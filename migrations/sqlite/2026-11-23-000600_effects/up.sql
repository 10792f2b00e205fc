-- The effects ledger: one row for each thing a job does outside, written before it is done.
-- It goes with its job, which can't run again then. Whoever prunes leaves unsettled ones alone.
CREATE TABLE queue_effects (
    job_id        BLOB    NOT NULL REFERENCES queue_jobs (id) ON DELETE CASCADE,
    key           TEXT    NOT NULL,                -- the effect's name within its job
    state         TEXT    NOT NULL,
    fence         INTEGER NOT NULL,                -- of the attempt that meant it last
    token         TEXT    NOT NULL,                -- what the other side may recognise a repetition by
    calls         INTEGER NOT NULL,                -- how often it was begun
    outcome       TEXT,                            -- what the other side answered; NULL: unknown, or too large to keep
    error_code    TEXT,                            -- why it did not happen, or is not known
    error_message TEXT,
    intended_at   INTEGER NOT NULL,                -- before the newest call
    ended_at      INTEGER,                         -- when it became known
    resolved_by   TEXT,                            -- the person who made it known
    resolved_note TEXT,
    PRIMARY KEY (job_id, key),
    CONSTRAINT queue_effects_state CHECK (state IN ('intended', 'happened', 'not_happened', 'ambiguous')),
    CONSTRAINT queue_effects_key CHECK (length(CAST(key AS BLOB)) BETWEEN 1 AND 200),
    CONSTRAINT queue_effects_outcome CHECK (outcome IS NULL OR state = 'happened'),
    CONSTRAINT queue_effects_ended CHECK ((ended_at IS NOT NULL) = (state IN ('happened', 'not_happened')))
) STRICT;

-- What is under way, and what a person must look at.
CREATE INDEX queue_effects_unsettled ON queue_effects (job_id) WHERE outcome IS NULL AND state <> 'not_happened';
