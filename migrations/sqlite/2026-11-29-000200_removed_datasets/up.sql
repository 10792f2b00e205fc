-- When the rows of a dataset were removed; what is told of them stays.
ALTER TABLE datasets ADD COLUMN removed_at bigint;
