ALTER TABLE exceptions DROP COLUMN held_at;
ALTER TABLE memberships DROP COLUMN work_limit;
DROP TABLE team_places;
DROP TABLE teams;
DROP TABLE absences;
