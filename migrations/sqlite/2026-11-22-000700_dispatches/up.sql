-- Where an exception is outside, and the time of the latest word from there.
ALTER TABLE exceptions ADD COLUMN external_system TEXT;
ALTER TABLE exceptions ADD COLUMN external_issue_id TEXT;
ALTER TABLE exceptions ADD COLUMN external_url TEXT;
ALTER TABLE exceptions ADD COLUMN external_updated_at INTEGER;
CREATE INDEX exceptions_by_external_system ON exceptions (business_account_id, external_system, created_at, id)
  WHERE external_system IS NOT NULL;

-- One hand-over of an exception, and the work that it leaves: the row commits with the change of status.
CREATE TABLE dispatches (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  exception_id BLOB NOT NULL REFERENCES exceptions,
  target TEXT NOT NULL,
  queue TEXT NOT NULL,
  state TEXT NOT NULL,
  former_status TEXT NOT NULL,
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  lease_until INTEGER,
  last_outcome TEXT NOT NULL,
  external_issue_id TEXT NOT NULL,
  external_url TEXT NOT NULL,
  dispatched_by_kind TEXT NOT NULL,
  dispatched_by_id BLOB,
  dispatched_by_name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;
CREATE INDEX dispatches_of_exception ON dispatches (exception_id, created_at, id);
CREATE INDEX dispatches_waiting ON dispatches (business_account_id, target, next_at) WHERE state = 'WAITING';

CREATE TABLE dispatch_attempts (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  dispatch_id BLOB NOT NULL REFERENCES dispatches,
  at INTEGER NOT NULL,
  status INTEGER,
  outcome TEXT NOT NULL,
  leads_to TEXT NOT NULL
) STRICT;
CREATE INDEX dispatch_attempts_of_dispatch ON dispatch_attempts (dispatch_id, at, id);
