DROP TABLE track_isrcs;
DROP TABLE forecaster_trainings;
