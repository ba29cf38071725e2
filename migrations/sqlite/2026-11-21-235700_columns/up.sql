-- Which columns of the queue somebody does not want to see: a bit for each, by its number.
ALTER TABLE team_members ADD COLUMN hidden_columns INTEGER NOT NULL DEFAULT 0;
