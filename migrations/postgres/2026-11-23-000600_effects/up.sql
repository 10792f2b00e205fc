-- The effects ledger: one row for each thing a job does outside, written before it is done.
-- It goes with its job, which can't run again then. Whoever prunes leaves unsettled ones alone.
CREATE TABLE queue_effects (
    job_id        uuid        NOT NULL REFERENCES queue_jobs (id) ON DELETE CASCADE,
    key           text        NOT NULL,                -- the effect's name within its job
    state         text        NOT NULL,
    fence         bigint      NOT NULL,                -- of the attempt that meant it last
    token         text        NOT NULL,                -- what the other side may recognise a repetition by
    calls         integer     NOT NULL,                -- how often it was begun
    outcome       jsonb,                               -- what the other side answered; NULL: unknown, or too large to keep
    error_code    text,                                -- why it did not happen, or is not known
    error_message text,
    intended_at   timestamptz NOT NULL,                -- before the newest call
    ended_at      timestamptz,                         -- when it became known
    resolved_by   text,                                -- the person who made it known
    resolved_note text,
    PRIMARY KEY (job_id, key),
    CONSTRAINT queue_effects_state CHECK (state IN ('intended', 'happened', 'not_happened', 'ambiguous')),
    CONSTRAINT queue_effects_key CHECK (octet_length(key) BETWEEN 1 AND 200),
    CONSTRAINT queue_effects_outcome CHECK (outcome IS NULL OR state = 'happened'),
    CONSTRAINT queue_effects_ended CHECK ((ended_at IS NOT NULL) = (state IN ('happened', 'not_happened')))
);

-- What is under way, and what a person must look at.
CREATE INDEX queue_effects_unsettled ON queue_effects (job_id) WHERE outcome IS NULL AND state <> 'not_happened';
