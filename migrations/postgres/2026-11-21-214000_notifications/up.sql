-- What people are told. What comes in quick succession is one line that counts.
CREATE TABLE notifications (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  member_id uuid NOT NULL REFERENCES team_members,
  kind text NOT NULL,
  exception_id uuid REFERENCES exceptions,
  n bigint NOT NULL,
  text text NOT NULL,
  created_at bigint NOT NULL,
  read_at bigint
);
CREATE INDEX notifications_by_member ON notifications (business_account_id, member_id, created_at, id);
CREATE INDEX notifications_unread ON notifications (business_account_id, member_id, kind, created_at) WHERE read_at IS NULL;

-- What somebody has chosen otherwise than is usual.
CREATE TABLE notification_choices (
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  member_id uuid NOT NULL REFERENCES team_members,
  kind text NOT NULL,
  is_wanted boolean NOT NULL,
  PRIMARY KEY (business_account_id, member_id, kind)
);

-- What the clock has told already: each stage once for each due time.
CREATE TABLE exception_marks (
  exception_id uuid NOT NULL REFERENCES exceptions,
  stage text NOT NULL,
  due_at bigint NOT NULL,
  PRIMARY KEY (exception_id, stage, due_at)
);
