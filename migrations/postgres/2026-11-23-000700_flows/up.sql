-- Flows: jobs that wait for other jobs, enqueued together. Whoever prunes leaves the jobs of a
-- flow alone while any job of it is unfinished.
ALTER TABLE queue_jobs ADD COLUMN flow_id uuid;

-- The whole of one flow.
CREATE INDEX queue_jobs_flow ON queue_jobs (flow_id) WHERE flow_id IS NOT NULL;
-- What waits for other jobs.
CREATE INDEX queue_jobs_blocked ON queue_jobs (id) WHERE state = 'blocked';

-- One row for each job that another needs.
CREATE TABLE queue_edges (
    job_id     uuid NOT NULL REFERENCES queue_jobs (id) ON DELETE CASCADE,
    needs_id   uuid NOT NULL REFERENCES queue_jobs (id) ON DELETE CASCADE,
    on_failure text NOT NULL,             -- what becomes of job_id when needs_id ends dead or cancelled
    fired      boolean NOT NULL DEFAULT false, -- that is what cancelled job_id
    PRIMARY KEY (job_id, needs_id),
    CONSTRAINT queue_edges_on_failure CHECK (on_failure IN ('cancel', 'ignore', 'hold')),
    CONSTRAINT queue_edges_other CHECK (job_id <> needs_id)
);

-- Who waits for a job that has ended.
CREATE INDEX queue_edges_needs ON queue_edges (needs_id);
