-- The outside systems that exceptions are handed to: at most one of each kind. `credential` is what we show them,
-- `secret` what signs between them and us; both are sealed.
CREATE TABLE connectors (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  target text NOT NULL,
  url text NOT NULL,
  account text NOT NULL,
  credential bytea,
  project text NOT NULL,
  issue_type text NOT NULL,
  secret bytea NOT NULL,
  previous_secret bytea,
  previous_until bigint,
  is_enabled boolean NOT NULL,
  tested_at bigint,
  test_passed boolean NOT NULL,
  test_outcome text NOT NULL,
  version bigint NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL
);
CREATE UNIQUE INDEX connectors_by_target ON connectors (business_account_id, target);
