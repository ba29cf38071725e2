-- One act on many exceptions: its plan, frozen with the versions that were seen, and what became of each.
CREATE TABLE bulk_actions (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  act text NOT NULL,
  input text,
  state text NOT NULL,
  origin text NOT NULL,
  items bigint NOT NULL,
  planned bigint NOT NULL,
  done bigint NOT NULL,
  skipped bigint NOT NULL,
  failed bigint NOT NULL,
  lease_until bigint,
  retry_of uuid REFERENCES bulk_actions,
  created_by_id uuid NOT NULL REFERENCES team_members,
  created_by_name text NOT NULL,
  created_at bigint NOT NULL,
  started_at bigint,
  finished_at bigint
);
CREATE INDEX bulk_actions_by_time ON bulk_actions (business_account_id, created_at, id);
CREATE INDEX bulk_actions_by_state ON bulk_actions (state, created_at);

CREATE TABLE bulk_items (
  bulk_id uuid NOT NULL REFERENCES bulk_actions,
  position bigint NOT NULL,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  exception_id uuid NOT NULL REFERENCES exceptions,
  review_id uuid REFERENCES reviews,
  seen_version bigint NOT NULL,
  outcome text NOT NULL,
  sentence text NOT NULL,
  PRIMARY KEY (bulk_id, position)
);
CREATE INDEX bulk_items_by_outcome ON bulk_items (bulk_id, outcome, position);
