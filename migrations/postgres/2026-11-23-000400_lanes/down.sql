DROP TABLE queue_unique_windows;
DROP TABLE queue_gates;
DROP TABLE queue_limits;
DROP TABLE queue_controls;
DROP INDEX queue_jobs_limited;
DROP INDEX queue_jobs_waiting;
CREATE INDEX queue_jobs_waiting ON queue_jobs (queue, priority, run_at, id) WHERE state = 'waiting';
ALTER TABLE queue_jobs DROP COLUMN limit_key;
ALTER TABLE queue_jobs DROP COLUMN lane;
