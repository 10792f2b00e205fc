DROP TABLE queue_ticks;
DROP TABLE queue_schedules;
