-- One act on many exceptions: its plan, frozen with the versions that were seen, and what became of each.
CREATE TABLE bulk_actions (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  act TEXT NOT NULL,
  input TEXT,
  state TEXT NOT NULL,
  origin TEXT NOT NULL,
  items INTEGER NOT NULL,
  planned INTEGER NOT NULL,
  done INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  lease_until INTEGER,
  retry_of BLOB REFERENCES bulk_actions,
  created_by_id BLOB NOT NULL REFERENCES team_members,
  created_by_name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER
) STRICT;
CREATE INDEX bulk_actions_by_time ON bulk_actions (business_account_id, created_at, id);
CREATE INDEX bulk_actions_by_state ON bulk_actions (state, created_at);

CREATE TABLE bulk_items (
  bulk_id BLOB NOT NULL REFERENCES bulk_actions,
  position INTEGER NOT NULL,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  exception_id BLOB NOT NULL REFERENCES exceptions,
  review_id BLOB REFERENCES reviews,
  seen_version INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  sentence TEXT NOT NULL,
  PRIMARY KEY (bulk_id, position)
) STRICT;
CREATE INDEX bulk_items_by_outcome ON bulk_items (bulk_id, outcome, position);
