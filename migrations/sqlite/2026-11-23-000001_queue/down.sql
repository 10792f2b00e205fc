DROP TABLE queue_attempts;
DROP TABLE queue_workers;
DROP TABLE queue_jobs;
