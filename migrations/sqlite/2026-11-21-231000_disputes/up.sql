-- Disputes about exceptions, with their evidence. Files are sealed piece by piece; their hash is that of what was sent.
CREATE TABLE disputes (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  exception_id BLOB NOT NULL REFERENCES exceptions,
  category TEXT NOT NULL,
  state TEXT NOT NULL,
  description TEXT NOT NULL,
  resolution TEXT,
  reopen_reason TEXT,
  opened_by_kind TEXT NOT NULL,
  opened_by_id BLOB,
  opened_by_name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX disputes_by_time ON disputes (business_account_id, created_at, id);
CREATE INDEX disputes_by_state ON disputes (business_account_id, state, created_at, id);
CREATE INDEX disputes_by_exception ON disputes (exception_id, created_at, id);

CREATE TABLE evidence (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  dispute_id BLOB NOT NULL REFERENCES disputes,
  comment TEXT NOT NULL,
  file_url TEXT,
  file_name TEXT,
  file_type TEXT,
  file_size INTEGER,
  sha256 BLOB,
  submitted_by_kind TEXT NOT NULL,
  submitted_by_id BLOB,
  submitted_by_name TEXT NOT NULL,
  submitted_at INTEGER NOT NULL
) STRICT;
CREATE INDEX evidence_by_dispute ON evidence (dispute_id, submitted_at, id);
-- The same file is in a dispute once.
CREATE UNIQUE INDEX evidence_sha256 ON evidence (dispute_id, sha256) WHERE sha256 IS NOT NULL;

CREATE TABLE evidence_pieces (
  evidence_id BLOB NOT NULL REFERENCES evidence,
  position INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (evidence_id, position)
) STRICT;
