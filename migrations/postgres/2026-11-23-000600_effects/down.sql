DROP TABLE queue_effects;
