-- People, sessions and access.
CREATE TABLE business_accounts (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  parent_id uuid REFERENCES business_accounts,
  time_zone text NOT NULL,
  is_demo boolean NOT NULL,
  created_at bigint NOT NULL
);

CREATE TABLE team_members (
  id uuid PRIMARY KEY,
  email text NOT NULL UNIQUE,
  first_name text NOT NULL,
  last_name text NOT NULL,
  password_hash text,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL
);

CREATE TABLE memberships (
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  team_member_id uuid NOT NULL REFERENCES team_members,
  role text NOT NULL,
  state text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (business_account_id, team_member_id)
);
CREATE INDEX memberships_by_member ON memberships (team_member_id);

CREATE TABLE sessions (
  token_hash bytea PRIMARY KEY,
  id uuid NOT NULL UNIQUE,
  team_member_id uuid NOT NULL REFERENCES team_members,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  user_agent text NOT NULL,
  address text NOT NULL,
  created_at bigint NOT NULL,
  seen_at bigint NOT NULL
);
CREATE INDEX sessions_by_member ON sessions (team_member_id, created_at);

CREATE TABLE one_time_links (
  token_hash bytea PRIMARY KEY,
  id uuid NOT NULL UNIQUE,
  kind text NOT NULL,
  business_account_id uuid REFERENCES business_accounts,
  team_member_id uuid REFERENCES team_members,
  email text,
  role text,
  created_by uuid REFERENCES team_members,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  used_at bigint
);
CREATE INDEX one_time_links_by_account ON one_time_links (business_account_id, created_at);

CREATE TABLE login_guards (
  subject text PRIMARY KEY,
  failures bigint NOT NULL,
  first_failure_at bigint NOT NULL,
  blocked_until bigint NOT NULL
);

CREATE TABLE kept_forms (
  id uuid PRIMARY KEY,
  team_member_id uuid NOT NULL REFERENCES team_members,
  path text NOT NULL,
  sealed bytea NOT NULL,
  created_at bigint NOT NULL
);
CREATE INDEX kept_forms_by_time ON kept_forms (created_at);

CREATE TABLE service_accounts (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  name text NOT NULL,
  role text NOT NULL,
  state text NOT NULL,
  created_at bigint NOT NULL
);

CREATE TABLE api_keys (
  key_id text PRIMARY KEY,
  service_account_id uuid NOT NULL REFERENCES service_accounts,
  secret_hash bytea NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint,
  revoked_at bigint,
  last_used_at bigint
);

CREATE TABLE access_tokens (
  token_hash bytea PRIMARY KEY,
  service_account_id uuid NOT NULL REFERENCES service_accounts,
  key_id text NOT NULL REFERENCES api_keys,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL
);
CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);

CREATE TABLE idempotency_records (
  principal_id uuid NOT NULL,
  method text NOT NULL,
  path text NOT NULL,
  idempotency_key text NOT NULL,
  fingerprint bytea NOT NULL,
  status bigint NOT NULL,
  location text,
  body text NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (principal_id, method, path, idempotency_key)
);
CREATE INDEX idempotency_records_by_time ON idempotency_records (created_at);

-- Money.
CREATE TABLE payment_reasons (
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  slug text NOT NULL,
  label text NOT NULL,
  PRIMARY KEY (business_account_id, slug)
);

CREATE TABLE financial_accounts (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  name text NOT NULL,
  holder_name text NOT NULL,
  category text NOT NULL,
  kind text NOT NULL,
  subtype text NOT NULL,
  routing_number text NOT NULL,
  number_sealed bytea NOT NULL,
  number_tail text NOT NULL,
  number_lookup bytea NOT NULL,
  state text NOT NULL,
  verification text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  version bigint NOT NULL,
  UNIQUE (business_account_id, number_lookup)
);
CREATE INDEX financial_accounts_by_name ON financial_accounts (business_account_id, name, id);

CREATE TABLE transactions (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  parent_id uuid REFERENCES transactions,
  relation text,
  debit_account_id uuid NOT NULL REFERENCES financial_accounts,
  credit_account_id uuid NOT NULL REFERENCES financial_accounts,
  kind text NOT NULL,
  solution text NOT NULL,
  amount bigint NOT NULL,
  currency text NOT NULL,
  payment_reason text NOT NULL,
  settlement_priority text NOT NULL,
  status text NOT NULL,
  status_message text NOT NULL,
  status_at bigint NOT NULL,
  trace_number text,
  receiving_bank text,
  company_name text,
  company_id text,
  sec_code text,
  entry_description text,
  effective_date text,
  settlement_date text,
  description text NOT NULL,
  memo text NOT NULL,
  metadata text NOT NULL,
  reversal_reason text NOT NULL,
  created_by_kind text NOT NULL,
  created_by_id uuid,
  created_by_name text NOT NULL,
  created_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE INDEX transactions_by_time ON transactions (business_account_id, created_at, id);
CREATE INDEX transactions_by_status ON transactions (business_account_id, status, created_at, id);
CREATE INDEX transactions_by_kind ON transactions (business_account_id, kind, created_at, id);
CREATE INDEX transactions_by_amount ON transactions (business_account_id, amount, created_at, id);
CREATE INDEX transactions_by_trace ON transactions (business_account_id, trace_number);
CREATE INDEX transactions_by_parent ON transactions (parent_id);
CREATE INDEX transactions_by_debit ON transactions (debit_account_id, created_at, id);
CREATE INDEX transactions_by_credit ON transactions (credit_account_id, created_at, id);
-- No transaction is replaced twice.
CREATE UNIQUE INDEX transactions_one_replacement ON transactions (parent_id) WHERE relation = 'REPLACEMENT';

CREATE TABLE transaction_status_entries (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  transaction_id uuid NOT NULL REFERENCES transactions,
  event_type text NOT NULL,
  status text NOT NULL,
  message text NOT NULL,
  actor_kind text NOT NULL,
  actor_id uuid,
  actor_name text NOT NULL,
  created_at bigint NOT NULL
);
CREATE INDEX transaction_status_entries_by_transaction ON transaction_status_entries (transaction_id, created_at, id);

-- Files.
CREATE TABLE imports (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  file_name text NOT NULL,
  sha256 bytea NOT NULL,
  size bigint NOT NULL,
  state text NOT NULL,
  summary text NOT NULL,
  entries bigint NOT NULL,
  entries_done bigint NOT NULL,
  exceptions_raised bigint NOT NULL,
  transactions_made bigint NOT NULL,
  duplicates bigint NOT NULL,
  problems bigint NOT NULL,
  lease_until bigint,
  created_by_kind text NOT NULL,
  created_by_id uuid,
  created_by_name text NOT NULL,
  created_at bigint NOT NULL,
  finished_at bigint,
  UNIQUE (business_account_id, sha256)
);
CREATE INDEX imports_by_time ON imports (business_account_id, created_at, id);
CREATE INDEX imports_by_state ON imports (state, created_at);

CREATE TABLE import_chunks (
  import_id uuid NOT NULL REFERENCES imports,
  position bigint NOT NULL,
  sealed bytea NOT NULL,
  PRIMARY KEY (import_id, position)
);

CREATE TABLE import_lines (
  import_id uuid NOT NULL REFERENCES imports,
  position bigint NOT NULL,
  line bigint NOT NULL,
  column_number bigint NOT NULL,
  outcome text NOT NULL,
  sentence text NOT NULL,
  exception_id uuid,
  transaction_id uuid,
  PRIMARY KEY (import_id, position)
);

CREATE TABLE imported_entries (
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  fingerprint bytea NOT NULL,
  import_id uuid NOT NULL REFERENCES imports,
  position bigint NOT NULL,
  PRIMARY KEY (business_account_id, fingerprint)
);

-- Exceptions.
CREATE TABLE exceptions (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  category text NOT NULL,
  kind text NOT NULL,
  status text NOT NULL,
  is_open boolean NOT NULL,
  was_reopened boolean NOT NULL,
  severity bigint NOT NULL,
  severity_rule text NOT NULL,
  severity_fixed boolean NOT NULL,
  description text NOT NULL,
  entity_id uuid NOT NULL,
  entity_type text NOT NULL,
  transaction_id uuid REFERENCES transactions,
  amount bigint NOT NULL,
  currency text,
  reason text,
  code text,
  party text NOT NULL,
  account_tail text NOT NULL,
  due_at bigint NOT NULL,
  due_rule text NOT NULL,
  assignee_id uuid REFERENCES team_members,
  source text NOT NULL,
  resolution_id uuid,
  created_by_kind text NOT NULL,
  created_by_id uuid,
  created_at bigint NOT NULL,
  updated_by_kind text NOT NULL,
  updated_by_id uuid,
  updated_at bigint NOT NULL,
  version bigint NOT NULL
);
CREATE INDEX exceptions_by_due ON exceptions (business_account_id, is_open, due_at, id);
CREATE INDEX exceptions_by_creation ON exceptions (business_account_id, is_open, created_at, id);
CREATE INDEX exceptions_by_update ON exceptions (business_account_id, is_open, updated_at, id);
CREATE INDEX exceptions_by_amount ON exceptions (business_account_id, is_open, amount, id);
CREATE INDEX exceptions_by_severity ON exceptions (business_account_id, is_open, severity, id);
CREATE INDEX exceptions_by_assignee ON exceptions (business_account_id, assignee_id, is_open, due_at, id);
CREATE INDEX exceptions_by_status ON exceptions (business_account_id, status, due_at, id);
CREATE INDEX exceptions_by_code ON exceptions (business_account_id, code, is_open, due_at, id);
CREATE INDEX exceptions_by_kind ON exceptions (business_account_id, kind, is_open, due_at, id);
CREATE INDEX exceptions_unassigned ON exceptions (business_account_id, is_open, due_at, id) WHERE assignee_id IS NULL;
CREATE INDEX exceptions_by_transaction ON exceptions (transaction_id);
CREATE INDEX exceptions_by_entity ON exceptions (entity_id);

-- What the source said: beside the exception, as lists never need it and nothing ever changes it.
CREATE TABLE exception_sources (
  exception_id uuid PRIMARY KEY REFERENCES exceptions,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  import_id uuid REFERENCES imports,
  import_line bigint,
  entry_sealed bytea,
  corrected_data text,
  addenda_info text,
  sec_code text,
  original_trace text,
  original_settlement text,
  notice_settlement text,
  notice_date_source text,
  is_debit boolean
);
CREATE INDEX exception_sources_by_import ON exception_sources (import_id);

CREATE TABLE resolutions (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  exception_id uuid NOT NULL REFERENCES exceptions,
  kind text NOT NULL,
  reason text NOT NULL,
  notes text NOT NULL,
  effect text NOT NULL,
  resolved_by_kind text NOT NULL,
  resolved_by_id uuid,
  resolved_by_name text NOT NULL,
  resolved_at bigint NOT NULL
);
CREATE INDEX resolutions_by_exception ON resolutions (exception_id, resolved_at);
CREATE INDEX resolutions_by_resolver ON resolutions (business_account_id, resolved_by_id, resolved_at);

CREATE TABLE reviews (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  resolution_id uuid NOT NULL UNIQUE REFERENCES resolutions,
  exception_id uuid NOT NULL REFERENCES exceptions,
  state text NOT NULL,
  why text NOT NULL,
  reviewer_id uuid REFERENCES team_members,
  reason text,
  created_at bigint NOT NULL,
  decided_at bigint,
  version bigint NOT NULL
);
CREATE INDEX reviews_by_state ON reviews (business_account_id, state, created_at, id);

CREATE TABLE matches (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  exception_id uuid NOT NULL REFERENCES exceptions,
  resolution_id uuid NOT NULL REFERENCES resolutions,
  transaction_id uuid NOT NULL REFERENCES transactions,
  counterpart_id uuid REFERENCES transactions,
  override_reason text NOT NULL,
  difference bigint NOT NULL,
  undone_at bigint,
  created_at bigint NOT NULL
);
CREATE INDEX matches_by_transaction ON matches (transaction_id);
CREATE INDEX matches_by_counterpart ON matches (counterpart_id);
CREATE INDEX matches_by_resolution ON matches (resolution_id);

CREATE TABLE adjustments (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  exception_id uuid NOT NULL REFERENCES exceptions,
  resolution_id uuid NOT NULL REFERENCES resolutions,
  transaction_id uuid NOT NULL REFERENCES transactions,
  reason text NOT NULL,
  amount bigint NOT NULL,
  currency text NOT NULL,
  direction text NOT NULL,
  effective_date text NOT NULL,
  undone_at bigint,
  created_at bigint NOT NULL
);
CREATE INDEX adjustments_by_transaction ON adjustments (transaction_id);
CREATE INDEX adjustments_by_resolution ON adjustments (resolution_id);

CREATE TABLE comments (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  exception_id uuid NOT NULL REFERENCES exceptions,
  text text NOT NULL,
  author_kind text NOT NULL,
  author_id uuid,
  author_name text NOT NULL,
  created_at bigint NOT NULL,
  edited_at bigint
);
CREATE INDEX comments_by_exception ON comments (exception_id, created_at, id);

CREATE TABLE notes (
  id uuid PRIMARY KEY,
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  entity_id uuid NOT NULL,
  entity_type text NOT NULL,
  title text NOT NULL,
  text text NOT NULL,
  created_by_kind text NOT NULL,
  created_by_id uuid,
  created_by_name text NOT NULL,
  created_at bigint NOT NULL,
  updated_by_kind text NOT NULL,
  updated_by_id uuid,
  updated_at bigint NOT NULL
);
CREATE INDEX notes_by_entity ON notes (business_account_id, entity_type, entity_id, created_at, id);

-- History: append-only, chained.
CREATE TABLE history_events (
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  seq bigint NOT NULL,
  entity_type text NOT NULL,
  entity_id uuid NOT NULL,
  kind text NOT NULL,
  previous text NOT NULL,
  new text NOT NULL,
  description text NOT NULL,
  actor_kind text NOT NULL,
  actor_id uuid,
  actor_name text NOT NULL,
  created_at bigint NOT NULL,
  request_id text NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (business_account_id, seq)
);
CREATE INDEX history_events_by_entity ON history_events (entity_id, seq);

CREATE TABLE history_heads (
  business_account_id uuid PRIMARY KEY REFERENCES business_accounts,
  seq bigint NOT NULL,
  hash bytea NOT NULL
);

-- How many exceptions each tab has, kept true by the triggers below. `member` is the holder for MINE, else all zeros.
CREATE TABLE exception_counts (
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  tab text NOT NULL,
  member uuid NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (business_account_id, tab, member)
);

CREATE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'history is append-only'; END $$;
CREATE TRIGGER history_events_are_not_changed BEFORE UPDATE OR DELETE ON history_events
FOR EACH ROW EXECUTE FUNCTION history_is_append_only();
CREATE TRIGGER history_events_are_not_truncated BEFORE TRUNCATE ON history_events
FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only();

CREATE FUNCTION count_exception(e exceptions, step bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO exception_counts AS c
  SELECT e.business_account_id, tab, member, step FROM (VALUES
    ('MINE', CASE WHEN e.is_open THEN e.assignee_id END),
    ('OPEN', CASE WHEN e.is_open THEN '00000000-0000-0000-0000-000000000000'::uuid END),
    ('RESOLVED', CASE WHEN NOT e.is_open THEN '00000000-0000-0000-0000-000000000000'::uuid END),
    ('UNASSIGNED', CASE WHEN e.is_open AND e.assignee_id IS NULL THEN '00000000-0000-0000-0000-000000000000'::uuid END),
    ('WAITING', CASE WHEN e.status = 'PENDING_RESOLUTION' THEN '00000000-0000-0000-0000-000000000000'::uuid END)
  ) AS t (tab, member) WHERE member IS NOT NULL
  ON CONFLICT (business_account_id, tab, member) DO UPDATE SET n = c.n + step
$$;
CREATE FUNCTION recount_exception() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN PERFORM count_exception(OLD, -1); END IF;
  IF TG_OP <> 'DELETE' THEN PERFORM count_exception(NEW, 1); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER exceptions_counted_in AFTER INSERT OR DELETE ON exceptions
FOR EACH ROW EXECUTE FUNCTION recount_exception();
CREATE TRIGGER exceptions_counted_anew AFTER UPDATE ON exceptions
FOR EACH ROW WHEN (OLD.is_open <> NEW.is_open OR OLD.status <> NEW.status OR OLD.assignee_id IS DISTINCT FROM NEW.assignee_id)
EXECUTE FUNCTION recount_exception();
