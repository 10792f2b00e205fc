DROP TABLE model_checks;
DROP TABLE model_retrainings;
DROP TABLE model_shadows;
DROP TABLE model_observations;
DROP TABLE model_upkeep;
