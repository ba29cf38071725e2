ALTER TABLE notes DROP COLUMN updated_by_name;
ALTER TABLE notes DROP COLUMN version;
ALTER TABLE comments DROP COLUMN version;
