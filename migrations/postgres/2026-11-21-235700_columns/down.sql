ALTER TABLE team_members DROP COLUMN hidden_columns;
