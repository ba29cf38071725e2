DROP TABLE role_queues;
DROP TABLE saved_queues;
