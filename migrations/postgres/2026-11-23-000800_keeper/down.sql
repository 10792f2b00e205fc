DROP TABLE queue_leases;
