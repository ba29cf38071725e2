-- Comments and notes can be changed: a version, so that two people who change one at once are told; and who did.
ALTER TABLE comments ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE notes ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE notes ADD COLUMN updated_by_name text NOT NULL DEFAULT '';
