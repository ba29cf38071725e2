-- The outside systems that exceptions are handed to: at most one of each kind. `credential` is what we show them,
-- `secret` what signs between them and us; both are sealed.
CREATE TABLE connectors (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  target TEXT NOT NULL,
  url TEXT NOT NULL,
  account TEXT NOT NULL,
  credential BLOB,
  project TEXT NOT NULL,
  issue_type TEXT NOT NULL,
  secret BLOB NOT NULL,
  previous_secret BLOB,
  previous_until INTEGER,
  is_enabled INTEGER NOT NULL,
  tested_at INTEGER,
  test_passed INTEGER NOT NULL,
  test_outcome TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX connectors_by_target ON connectors (business_account_id, target);
