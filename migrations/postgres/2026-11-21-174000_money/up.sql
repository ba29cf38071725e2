-- Changes that wait for a second person. `request` is what was asked for, without secrets; an account number that is
-- part of it is sealed beside it.
CREATE TABLE approvals (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  kind text NOT NULL,
  state text NOT NULL,
  entity_type text NOT NULL,
  entity_id uuid NOT NULL,
  concerns_id uuid,
  guards text NOT NULL,
  request text NOT NULL,
  number_sealed bytea,
  fingerprint bytea NOT NULL,
  title text NOT NULL,
  why text NOT NULL,
  effects text NOT NULL,
  changes text NOT NULL,
  requested_by_kind text NOT NULL,
  requested_by_id uuid,
  requested_by_name text NOT NULL,
  requested_at bigint NOT NULL,
  decided_by_id uuid REFERENCES team_members,
  decided_by_name text,
  decided_at bigint,
  reason text,
  outcome text,
  result_id uuid,
  version bigint NOT NULL
);
CREATE INDEX approvals_by_state ON approvals (business_account_id, state, requested_at, id);
CREATE INDEX approvals_by_entity ON approvals (entity_id);
CREATE INDEX approvals_by_concern ON approvals (concerns_id);
-- The same request does not wait twice.
CREATE UNIQUE INDEX approvals_fingerprint ON approvals (business_account_id, fingerprint) WHERE state = 'WAITING';

-- What a resolution made or changed. No REFERENCES, as on SQLite.
ALTER TABLE resolutions ADD COLUMN transaction_id uuid;
ALTER TABLE resolutions ADD COLUMN financial_account_id uuid;
CREATE INDEX resolutions_by_transaction ON resolutions (transaction_id) WHERE transaction_id IS NOT NULL;
