-- Who is away, from the first day to the last, and who stands in.
CREATE TABLE absences (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  member_id uuid NOT NULL REFERENCES team_members,
  from_day text NOT NULL,
  until_day text NOT NULL,
  substitute_id uuid REFERENCES team_members,
  note text NOT NULL,
  created_at bigint NOT NULL
);
CREATE INDEX absences_by_end ON absences (business_account_id, until_day);

-- People who work the same things.
CREATE TABLE teams (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  name text NOT NULL,
  created_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE INDEX teams_by_name ON teams (business_account_id, name);
CREATE TABLE team_places (
  team_id uuid NOT NULL REFERENCES teams,
  member_id uuid NOT NULL REFERENCES team_members,
  PRIMARY KEY (team_id, member_id)
);

-- How many open exceptions a member has at most; none for no limit.
ALTER TABLE memberships ADD COLUMN work_limit bigint;

-- When its holder last did something with an exception.
ALTER TABLE exceptions ADD COLUMN held_at bigint;
UPDATE exceptions SET held_at = updated_at WHERE assignee_id IS NOT NULL AND is_open;
