DROP TABLE model_trainings;
DROP TABLE model_moves;
DROP TABLE model_aliases;
DROP TABLE model_versions;
DROP TABLE datasets;
