-- E-mails that are to be sent or were: to whom and what about. What they say is decided when they are sent.
CREATE TABLE mails (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  member_id uuid NOT NULL REFERENCES team_members,
  kind text NOT NULL,
  state text NOT NULL,
  attempts bigint NOT NULL,
  failing_since bigint,
  next_at bigint NOT NULL,
  lease_until bigint,
  last_outcome text NOT NULL,
  sent_at bigint,
  created_at bigint NOT NULL
);
CREATE INDEX mails_due ON mails (state, next_at);
CREATE INDEX mails_of_member ON mails (business_account_id, member_id, state, kind);
CREATE INDEX mails_by_time ON mails (business_account_id, created_at, id);
CREATE INDEX mails_by_state ON mails (business_account_id, state, created_at, id);
CREATE INDEX mails_old ON mails (created_at);

-- When somebody's digest is sent, where they have chosen otherwise than is usual: minutes after midnight, none for never.
CREATE TABLE mail_choices (
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  member_id uuid NOT NULL REFERENCES team_members,
  digest_minute bigint,
  time_zone text NOT NULL,
  PRIMARY KEY (business_account_id, member_id)
);

-- How somebody wants a kind by e-mail; without a value as is usual.
ALTER TABLE notification_choices ADD COLUMN mail text;
-- The e-mail that tells of it.
ALTER TABLE notifications ADD COLUMN mail_id uuid;
CREATE INDEX notifications_by_mail ON notifications (mail_id) WHERE mail_id IS NOT NULL;
