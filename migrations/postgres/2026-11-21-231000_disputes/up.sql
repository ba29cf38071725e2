-- Disputes about exceptions, with their evidence. Files are sealed piece by piece; their hash is that of what was sent.
CREATE TABLE disputes (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  exception_id uuid NOT NULL REFERENCES exceptions,
  category text NOT NULL,
  state text NOT NULL,
  description text NOT NULL,
  resolution text,
  reopen_reason text,
  opened_by_kind text NOT NULL,
  opened_by_id uuid,
  opened_by_name text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE INDEX disputes_by_time ON disputes (business_account_id, created_at, id);
CREATE INDEX disputes_by_state ON disputes (business_account_id, state, created_at, id);
CREATE INDEX disputes_by_exception ON disputes (exception_id, created_at, id);

CREATE TABLE evidence (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  dispute_id uuid NOT NULL REFERENCES disputes,
  comment text NOT NULL,
  file_url text,
  file_name text,
  file_type text,
  file_size bigint,
  sha256 bytea,
  submitted_by_kind text NOT NULL,
  submitted_by_id uuid,
  submitted_by_name text NOT NULL,
  submitted_at bigint NOT NULL
);
CREATE INDEX evidence_by_dispute ON evidence (dispute_id, submitted_at, id);
-- The same file is in a dispute once.
CREATE UNIQUE INDEX evidence_sha256 ON evidence (dispute_id, sha256) WHERE sha256 IS NOT NULL;

CREATE TABLE evidence_pieces (
  evidence_id uuid NOT NULL REFERENCES evidence,
  position bigint NOT NULL,
  sealed bytea NOT NULL,
  PRIMARY KEY (evidence_id, position)
);
