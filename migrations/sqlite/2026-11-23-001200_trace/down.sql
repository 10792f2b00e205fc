ALTER TABLE queue_jobs DROP COLUMN trace_id;
