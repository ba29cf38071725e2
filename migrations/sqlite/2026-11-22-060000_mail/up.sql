-- E-mails that are to be sent or were: to whom and what about. What they say is decided when they are sent.
CREATE TABLE mails (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  member_id BLOB NOT NULL REFERENCES team_members,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  failing_since INTEGER,
  next_at INTEGER NOT NULL,
  lease_until INTEGER,
  last_outcome TEXT NOT NULL,
  sent_at INTEGER,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX mails_due ON mails (state, next_at);
CREATE INDEX mails_of_member ON mails (business_account_id, member_id, state, kind);
CREATE INDEX mails_by_time ON mails (business_account_id, created_at, id);
CREATE INDEX mails_by_state ON mails (business_account_id, state, created_at, id);
CREATE INDEX mails_old ON mails (created_at);

-- When somebody's digest is sent, where they have chosen otherwise than is usual: minutes after midnight, none for never.
CREATE TABLE mail_choices (
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  member_id BLOB NOT NULL REFERENCES team_members,
  digest_minute INTEGER,
  time_zone TEXT NOT NULL,
  PRIMARY KEY (business_account_id, member_id)
) STRICT;

-- How somebody wants a kind by e-mail; without a value as is usual.
ALTER TABLE notification_choices ADD COLUMN mail TEXT;
-- The e-mail that tells of it.
ALTER TABLE notifications ADD COLUMN mail_id BLOB;
CREATE INDEX notifications_by_mail ON notifications (mail_id) WHERE mail_id IS NOT NULL;
