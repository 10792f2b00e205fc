ALTER TABLE queue_jobs DROP COLUMN done_by;
DROP TABLE queue_incarnations;
DROP TABLE queue_log;
