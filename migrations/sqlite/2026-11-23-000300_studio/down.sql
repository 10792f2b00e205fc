DROP TABLE masters;
DROP TABLE tracks;
