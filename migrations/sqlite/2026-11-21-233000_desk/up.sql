-- Who is away, from the first day to the last, and who stands in.
CREATE TABLE absences (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  member_id BLOB NOT NULL REFERENCES team_members,
  from_day TEXT NOT NULL,
  until_day TEXT NOT NULL,
  substitute_id BLOB REFERENCES team_members,
  note TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX absences_by_end ON absences (business_account_id, until_day);

-- People who work the same things.
CREATE TABLE teams (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX teams_by_name ON teams (business_account_id, name);
CREATE TABLE team_places (
  team_id BLOB NOT NULL REFERENCES teams,
  member_id BLOB NOT NULL REFERENCES team_members,
  PRIMARY KEY (team_id, member_id)
) STRICT;

-- How many open exceptions a member has at most; none for no limit.
ALTER TABLE memberships ADD COLUMN work_limit INTEGER;

-- When its holder last did something with an exception.
ALTER TABLE exceptions ADD COLUMN held_at INTEGER;
UPDATE exceptions SET held_at = updated_at WHERE assignee_id IS NOT NULL AND is_open;
