ALTER TABLE queue_controls DROP COLUMN paused_by;
DROP TABLE queue_acts;
