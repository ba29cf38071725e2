-- What a business account has decided for itself, each version of it; the highest is in force.
CREATE TABLE policies (
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  kind TEXT NOT NULL,
  version INTEGER NOT NULL,
  body TEXT NOT NULL,
  changed_by_kind TEXT NOT NULL,
  changed_by_id BLOB,
  changed_by_name TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (business_account_id, kind, version)
) STRICT;

-- How many other people must agree, and who has.
ALTER TABLE approvals ADD COLUMN people INTEGER NOT NULL DEFAULT 1;
ALTER TABLE approvals ADD COLUMN consents TEXT NOT NULL DEFAULT '[]';

-- What a notification is about, when it is no exception. No REFERENCES: SQLite could not take such a column away again.
ALTER TABLE notifications ADD COLUMN approval_id BLOB;

-- What people and clients made themselves: the simulation of a policy reads the last 90 days of it.
CREATE INDEX transactions_by_hand ON transactions (business_account_id, created_at, id) WHERE created_by_kind <> 'internal';
