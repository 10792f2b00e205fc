-- The trace that the job belongs to (W3C Trace Context); none: it began its own, named by its id.
ALTER TABLE queue_jobs ADD COLUMN trace_id BLOB;
