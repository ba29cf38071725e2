-- What people are told. What comes in quick succession is one line that counts.
CREATE TABLE notifications (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  member_id BLOB NOT NULL REFERENCES team_members,
  kind TEXT NOT NULL,
  exception_id BLOB REFERENCES exceptions,
  n INTEGER NOT NULL,
  text TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  read_at INTEGER
) STRICT;
CREATE INDEX notifications_by_member ON notifications (business_account_id, member_id, created_at, id);
CREATE INDEX notifications_unread ON notifications (business_account_id, member_id, kind, created_at) WHERE read_at IS NULL;

-- What somebody has chosen otherwise than is usual.
CREATE TABLE notification_choices (
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  member_id BLOB NOT NULL REFERENCES team_members,
  kind TEXT NOT NULL,
  is_wanted INTEGER NOT NULL,
  PRIMARY KEY (business_account_id, member_id, kind)
) STRICT;

-- What the clock has told already: each stage once for each due time.
CREATE TABLE exception_marks (
  exception_id BLOB NOT NULL REFERENCES exceptions,
  stage TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  PRIMARY KEY (exception_id, stage, due_at)
) STRICT;
