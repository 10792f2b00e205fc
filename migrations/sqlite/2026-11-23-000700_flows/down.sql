DROP TABLE queue_edges;
DROP INDEX queue_jobs_blocked;
DROP INDEX queue_jobs_flow;
ALTER TABLE queue_jobs DROP COLUMN flow_id;
