-- Who of a team was given something last, where they are given in turn.
CREATE TABLE routing_turns (
  team_id uuid PRIMARY KEY REFERENCES teams,
  member_id uuid NOT NULL REFERENCES team_members
);
