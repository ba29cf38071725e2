DROP TABLE routing_turns;
