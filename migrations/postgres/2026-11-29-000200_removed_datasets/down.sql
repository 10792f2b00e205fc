ALTER TABLE datasets DROP COLUMN removed_at;
