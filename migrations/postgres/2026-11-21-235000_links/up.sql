-- What happened to the same account before.
CREATE INDEX exceptions_by_party ON exceptions (business_account_id, party, account_tail, created_at) WHERE account_tail <> '';

-- Exceptions that somebody has linked: `exception_id` is a duplicate of, or has to do with, `other_id`.
CREATE TABLE exception_links (
  exception_id uuid NOT NULL REFERENCES exceptions,
  other_id uuid NOT NULL REFERENCES exceptions,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  kind text NOT NULL,
  made_by_name text NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (exception_id, other_id)
);
CREATE INDEX exception_links_back ON exception_links (other_id);
