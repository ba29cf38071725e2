-- What a resolution changed, field by field: before and after, as JSON. Those of before say it in their effect alone.
ALTER TABLE resolutions ADD COLUMN changes TEXT NOT NULL DEFAULT '[]';
