-- Changes that wait for a second person. `request` is what was asked for, without secrets; an account number that is
-- part of it is sealed beside it.
CREATE TABLE approvals (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  entity_id BLOB NOT NULL,
  concerns_id BLOB,
  guards TEXT NOT NULL,
  request TEXT NOT NULL,
  number_sealed BLOB,
  fingerprint BLOB NOT NULL,
  title TEXT NOT NULL,
  why TEXT NOT NULL,
  effects TEXT NOT NULL,
  changes TEXT NOT NULL,
  requested_by_kind TEXT NOT NULL,
  requested_by_id BLOB,
  requested_by_name TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  decided_by_id BLOB REFERENCES team_members,
  decided_by_name TEXT,
  decided_at INTEGER,
  reason TEXT,
  outcome TEXT,
  result_id BLOB,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX approvals_by_state ON approvals (business_account_id, state, requested_at, id);
CREATE INDEX approvals_by_entity ON approvals (entity_id);
CREATE INDEX approvals_by_concern ON approvals (concerns_id);
-- The same request does not wait twice.
CREATE UNIQUE INDEX approvals_fingerprint ON approvals (business_account_id, fingerprint) WHERE state = 'WAITING';

-- What a resolution made or changed. No REFERENCES: SQLite could not take such a column away again.
ALTER TABLE resolutions ADD COLUMN transaction_id BLOB;
ALTER TABLE resolutions ADD COLUMN financial_account_id BLOB;
CREATE INDEX resolutions_by_transaction ON resolutions (transaction_id) WHERE transaction_id IS NOT NULL;
