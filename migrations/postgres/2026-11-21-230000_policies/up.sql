-- What a business account has decided for itself, each version of it; the highest is in force.
CREATE TABLE policies (
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  kind text NOT NULL,
  version bigint NOT NULL,
  body text NOT NULL,
  changed_by_kind text NOT NULL,
  changed_by_id uuid,
  changed_by_name text NOT NULL,
  changed_at bigint NOT NULL,
  PRIMARY KEY (business_account_id, kind, version)
);

-- How many other people must agree, and who has.
ALTER TABLE approvals ADD COLUMN people bigint NOT NULL DEFAULT 1;
ALTER TABLE approvals ADD COLUMN consents text NOT NULL DEFAULT '[]';

-- What a notification is about, when it is no exception. No REFERENCES, as on SQLite.
ALTER TABLE notifications ADD COLUMN approval_id uuid;

-- What people and clients made themselves: the simulation of a policy reads the last 90 days of it.
CREATE INDEX transactions_by_hand ON transactions (business_account_id, created_at, id) WHERE created_by_kind <> 'internal';
