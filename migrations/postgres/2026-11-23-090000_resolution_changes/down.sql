ALTER TABLE resolutions DROP COLUMN changes;
