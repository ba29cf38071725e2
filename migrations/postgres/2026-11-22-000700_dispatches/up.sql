-- Where an exception is outside, and the time of the latest word from there.
ALTER TABLE exceptions ADD COLUMN external_system text;
ALTER TABLE exceptions ADD COLUMN external_issue_id text;
ALTER TABLE exceptions ADD COLUMN external_url text;
ALTER TABLE exceptions ADD COLUMN external_updated_at bigint;
CREATE INDEX exceptions_by_external_system ON exceptions (business_account_id, external_system, created_at, id)
  WHERE external_system IS NOT NULL;

-- One hand-over of an exception, and the work that it leaves: the row commits with the change of status.
CREATE TABLE dispatches (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  exception_id uuid NOT NULL REFERENCES exceptions,
  target text NOT NULL,
  queue text NOT NULL,
  state text NOT NULL,
  former_status text NOT NULL,
  body text NOT NULL,
  attempts bigint NOT NULL,
  next_at bigint NOT NULL,
  lease_until bigint,
  last_outcome text NOT NULL,
  external_issue_id text NOT NULL,
  external_url text NOT NULL,
  dispatched_by_kind text NOT NULL,
  dispatched_by_id uuid,
  dispatched_by_name text NOT NULL,
  created_at bigint NOT NULL,
  ended_at bigint
);
CREATE INDEX dispatches_of_exception ON dispatches (exception_id, created_at, id);
CREATE INDEX dispatches_waiting ON dispatches (business_account_id, target, next_at) WHERE state = 'WAITING';

CREATE TABLE dispatch_attempts (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  dispatch_id uuid NOT NULL REFERENCES dispatches,
  at bigint NOT NULL,
  status bigint,
  outcome text NOT NULL,
  leads_to text NOT NULL
);
CREATE INDEX dispatch_attempts_of_dispatch ON dispatch_attempts (dispatch_id, at, id);
