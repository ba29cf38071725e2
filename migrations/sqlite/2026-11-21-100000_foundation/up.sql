-- People, sessions and access.
CREATE TABLE business_accounts (
  id BLOB PRIMARY KEY,
  name TEXT NOT NULL,
  parent_id BLOB REFERENCES business_accounts,
  time_zone TEXT NOT NULL,
  is_demo INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE team_members (
  id BLOB PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  password_hash TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE memberships (
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  team_member_id BLOB NOT NULL REFERENCES team_members,
  role TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (business_account_id, team_member_id)
) STRICT;
CREATE INDEX memberships_by_member ON memberships (team_member_id);

CREATE TABLE sessions (
  token_hash BLOB PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  team_member_id BLOB NOT NULL REFERENCES team_members,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  user_agent TEXT NOT NULL,
  address TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_member ON sessions (team_member_id, created_at);

CREATE TABLE one_time_links (
  token_hash BLOB PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  business_account_id BLOB REFERENCES business_accounts,
  team_member_id BLOB REFERENCES team_members,
  email TEXT,
  role TEXT,
  created_by BLOB REFERENCES team_members,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
) STRICT;
CREATE INDEX one_time_links_by_account ON one_time_links (business_account_id, created_at);

CREATE TABLE login_guards (
  subject TEXT PRIMARY KEY,
  failures INTEGER NOT NULL,
  first_failure_at INTEGER NOT NULL,
  blocked_until INTEGER NOT NULL
) STRICT;

CREATE TABLE kept_forms (
  id BLOB PRIMARY KEY,
  team_member_id BLOB NOT NULL REFERENCES team_members,
  path TEXT NOT NULL,
  sealed BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX kept_forms_by_time ON kept_forms (created_at);

CREATE TABLE service_accounts (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
  key_id TEXT PRIMARY KEY,
  service_account_id BLOB NOT NULL REFERENCES service_accounts,
  secret_hash BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  last_used_at INTEGER
) STRICT;

CREATE TABLE access_tokens (
  token_hash BLOB PRIMARY KEY,
  service_account_id BLOB NOT NULL REFERENCES service_accounts,
  key_id TEXT NOT NULL REFERENCES api_keys,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);

CREATE TABLE idempotency_records (
  principal_id BLOB NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  fingerprint BLOB NOT NULL,
  status INTEGER NOT NULL,
  location TEXT,
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (principal_id, method, path, idempotency_key)
) STRICT;
CREATE INDEX idempotency_records_by_time ON idempotency_records (created_at);

-- Money.
CREATE TABLE payment_reasons (
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  slug TEXT NOT NULL,
  label TEXT NOT NULL,
  PRIMARY KEY (business_account_id, slug)
) STRICT;

CREATE TABLE financial_accounts (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  name TEXT NOT NULL,
  holder_name TEXT NOT NULL,
  category TEXT NOT NULL,
  kind TEXT NOT NULL,
  subtype TEXT NOT NULL,
  routing_number TEXT NOT NULL,
  number_sealed BLOB NOT NULL,
  number_tail TEXT NOT NULL,
  number_lookup BLOB NOT NULL,
  state TEXT NOT NULL,
  verification TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  UNIQUE (business_account_id, number_lookup)
) STRICT;
CREATE INDEX financial_accounts_by_name ON financial_accounts (business_account_id, name, id);

CREATE TABLE transactions (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  parent_id BLOB REFERENCES transactions,
  relation TEXT,
  debit_account_id BLOB NOT NULL REFERENCES financial_accounts,
  credit_account_id BLOB NOT NULL REFERENCES financial_accounts,
  kind TEXT NOT NULL,
  solution TEXT NOT NULL,
  amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  payment_reason TEXT NOT NULL,
  settlement_priority TEXT NOT NULL,
  status TEXT NOT NULL,
  status_message TEXT NOT NULL,
  status_at INTEGER NOT NULL,
  trace_number TEXT,
  receiving_bank TEXT,
  company_name TEXT,
  company_id TEXT,
  sec_code TEXT,
  entry_description TEXT,
  effective_date TEXT,
  settlement_date TEXT,
  description TEXT NOT NULL,
  memo TEXT NOT NULL,
  metadata TEXT NOT NULL,
  reversal_reason TEXT NOT NULL,
  created_by_kind TEXT NOT NULL,
  created_by_id BLOB,
  created_by_name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;
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
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  transaction_id BLOB NOT NULL REFERENCES transactions,
  event_type TEXT NOT NULL,
  status TEXT NOT NULL,
  message TEXT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id BLOB,
  actor_name TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX transaction_status_entries_by_transaction ON transaction_status_entries (transaction_id, created_at, id);

-- Files.
CREATE TABLE imports (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  file_name TEXT NOT NULL,
  sha256 BLOB NOT NULL,
  size INTEGER NOT NULL,
  state TEXT NOT NULL,
  summary TEXT NOT NULL,
  entries INTEGER NOT NULL,
  entries_done INTEGER NOT NULL,
  exceptions_raised INTEGER NOT NULL,
  transactions_made INTEGER NOT NULL,
  duplicates INTEGER NOT NULL,
  problems INTEGER NOT NULL,
  lease_until INTEGER,
  created_by_kind TEXT NOT NULL,
  created_by_id BLOB,
  created_by_name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  UNIQUE (business_account_id, sha256)
) STRICT;
CREATE INDEX imports_by_time ON imports (business_account_id, created_at, id);
CREATE INDEX imports_by_state ON imports (state, created_at);

CREATE TABLE import_chunks (
  import_id BLOB NOT NULL REFERENCES imports,
  position INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (import_id, position)
) STRICT;

CREATE TABLE import_lines (
  import_id BLOB NOT NULL REFERENCES imports,
  position INTEGER NOT NULL,
  line INTEGER NOT NULL,
  column_number INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  sentence TEXT NOT NULL,
  exception_id BLOB,
  transaction_id BLOB,
  PRIMARY KEY (import_id, position)
) STRICT;

CREATE TABLE imported_entries (
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  fingerprint BLOB NOT NULL,
  import_id BLOB NOT NULL REFERENCES imports,
  position INTEGER NOT NULL,
  PRIMARY KEY (business_account_id, fingerprint)
) STRICT;

-- Exceptions.
CREATE TABLE exceptions (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  category TEXT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  is_open INTEGER NOT NULL,
  was_reopened INTEGER NOT NULL,
  severity INTEGER NOT NULL,
  severity_rule TEXT NOT NULL,
  severity_fixed INTEGER NOT NULL,
  description TEXT NOT NULL,
  entity_id BLOB NOT NULL,
  entity_type TEXT NOT NULL,
  transaction_id BLOB REFERENCES transactions,
  amount INTEGER NOT NULL,
  currency TEXT,
  reason TEXT,
  code TEXT,
  party TEXT NOT NULL,
  account_tail TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  due_rule TEXT NOT NULL,
  assignee_id BLOB REFERENCES team_members,
  source TEXT NOT NULL,
  resolution_id BLOB,
  created_by_kind TEXT NOT NULL,
  created_by_id BLOB,
  created_at INTEGER NOT NULL,
  updated_by_kind TEXT NOT NULL,
  updated_by_id BLOB,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;
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
  exception_id BLOB PRIMARY KEY REFERENCES exceptions,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  import_id BLOB REFERENCES imports,
  import_line INTEGER,
  entry_sealed BLOB,
  corrected_data TEXT,
  addenda_info TEXT,
  sec_code TEXT,
  original_trace TEXT,
  original_settlement TEXT,
  notice_settlement TEXT,
  notice_date_source TEXT,
  is_debit INTEGER
) STRICT;
CREATE INDEX exception_sources_by_import ON exception_sources (import_id);

CREATE TABLE resolutions (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  exception_id BLOB NOT NULL REFERENCES exceptions,
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  notes TEXT NOT NULL,
  effect TEXT NOT NULL,
  resolved_by_kind TEXT NOT NULL,
  resolved_by_id BLOB,
  resolved_by_name TEXT NOT NULL,
  resolved_at INTEGER NOT NULL
) STRICT;
CREATE INDEX resolutions_by_exception ON resolutions (exception_id, resolved_at);
CREATE INDEX resolutions_by_resolver ON resolutions (business_account_id, resolved_by_id, resolved_at);

CREATE TABLE reviews (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  resolution_id BLOB NOT NULL UNIQUE REFERENCES resolutions,
  exception_id BLOB NOT NULL REFERENCES exceptions,
  state TEXT NOT NULL,
  why TEXT NOT NULL,
  reviewer_id BLOB REFERENCES team_members,
  reason TEXT,
  created_at INTEGER NOT NULL,
  decided_at INTEGER,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX reviews_by_state ON reviews (business_account_id, state, created_at, id);

CREATE TABLE matches (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  exception_id BLOB NOT NULL REFERENCES exceptions,
  resolution_id BLOB NOT NULL REFERENCES resolutions,
  transaction_id BLOB NOT NULL REFERENCES transactions,
  counterpart_id BLOB REFERENCES transactions,
  override_reason TEXT NOT NULL,
  difference INTEGER NOT NULL,
  undone_at INTEGER,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX matches_by_transaction ON matches (transaction_id);
CREATE INDEX matches_by_counterpart ON matches (counterpart_id);
CREATE INDEX matches_by_resolution ON matches (resolution_id);

CREATE TABLE adjustments (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  exception_id BLOB NOT NULL REFERENCES exceptions,
  resolution_id BLOB NOT NULL REFERENCES resolutions,
  transaction_id BLOB NOT NULL REFERENCES transactions,
  reason TEXT NOT NULL,
  amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  direction TEXT NOT NULL,
  effective_date TEXT NOT NULL,
  undone_at INTEGER,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX adjustments_by_transaction ON adjustments (transaction_id);
CREATE INDEX adjustments_by_resolution ON adjustments (resolution_id);

CREATE TABLE comments (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  exception_id BLOB NOT NULL REFERENCES exceptions,
  text TEXT NOT NULL,
  author_kind TEXT NOT NULL,
  author_id BLOB,
  author_name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  edited_at INTEGER
) STRICT;
CREATE INDEX comments_by_exception ON comments (exception_id, created_at, id);

CREATE TABLE notes (
  id BLOB PRIMARY KEY,
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  entity_id BLOB NOT NULL,
  entity_type TEXT NOT NULL,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  created_by_kind TEXT NOT NULL,
  created_by_id BLOB,
  created_by_name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_by_kind TEXT NOT NULL,
  updated_by_id BLOB,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX notes_by_entity ON notes (business_account_id, entity_type, entity_id, created_at, id);

-- History: append-only, chained.
CREATE TABLE history_events (
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  seq INTEGER NOT NULL,
  entity_type TEXT NOT NULL,
  entity_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  previous TEXT NOT NULL,
  new TEXT NOT NULL,
  description TEXT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id BLOB,
  actor_name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  request_id TEXT NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (business_account_id, seq)
) STRICT;
CREATE INDEX history_events_by_entity ON history_events (entity_id, seq);

CREATE TABLE history_heads (
  business_account_id BLOB PRIMARY KEY REFERENCES business_accounts,
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT;

-- How many exceptions each tab has, kept true by the triggers below. `member` is the holder for MINE, else all zeros.
CREATE TABLE exception_counts (
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  tab TEXT NOT NULL,
  member BLOB NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (business_account_id, tab, member)
) STRICT;

CREATE TRIGGER history_events_are_not_changed BEFORE UPDATE ON history_events
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
CREATE TRIGGER history_events_are_not_deleted BEFORE DELETE ON history_events
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
-- INSERT OR REPLACE deletes without asking the trigger above.
CREATE TRIGGER history_events_are_not_replaced BEFORE INSERT ON history_events
WHEN EXISTS (SELECT 1 FROM history_events WHERE business_account_id = NEW.business_account_id AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;

CREATE TRIGGER exceptions_counted_in AFTER INSERT ON exceptions BEGIN
  INSERT INTO exception_counts
  SELECT NEW.business_account_id, 'OPEN', zeroblob(16), 1 WHERE NEW.is_open
  UNION ALL SELECT NEW.business_account_id, 'RESOLVED', zeroblob(16), 1 WHERE NOT NEW.is_open
  UNION ALL SELECT NEW.business_account_id, 'UNASSIGNED', zeroblob(16), 1 WHERE NEW.is_open AND NEW.assignee_id IS NULL
  UNION ALL SELECT NEW.business_account_id, 'WAITING', zeroblob(16), 1 WHERE NEW.status = 'PENDING_RESOLUTION'
  UNION ALL SELECT NEW.business_account_id, 'MINE', NEW.assignee_id, 1 WHERE NEW.is_open AND NEW.assignee_id IS NOT NULL
  ON CONFLICT (business_account_id, tab, member) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER exceptions_counted_out AFTER DELETE ON exceptions BEGIN
  UPDATE exception_counts SET n = n - 1 WHERE business_account_id = OLD.business_account_id AND (
    (tab = 'OPEN' AND OLD.is_open) OR (tab = 'RESOLVED' AND NOT OLD.is_open)
    OR (tab = 'UNASSIGNED' AND OLD.is_open AND OLD.assignee_id IS NULL)
    OR (tab = 'WAITING' AND OLD.status = 'PENDING_RESOLUTION')
    OR (tab = 'MINE' AND OLD.is_open AND member = OLD.assignee_id));
END;
CREATE TRIGGER exceptions_counted_anew AFTER UPDATE OF is_open, status, assignee_id ON exceptions
WHEN OLD.is_open <> NEW.is_open OR OLD.status <> NEW.status OR OLD.assignee_id IS NOT NEW.assignee_id BEGIN
  UPDATE exception_counts SET n = n - 1 WHERE business_account_id = OLD.business_account_id AND (
    (tab = 'OPEN' AND OLD.is_open) OR (tab = 'RESOLVED' AND NOT OLD.is_open)
    OR (tab = 'UNASSIGNED' AND OLD.is_open AND OLD.assignee_id IS NULL)
    OR (tab = 'WAITING' AND OLD.status = 'PENDING_RESOLUTION')
    OR (tab = 'MINE' AND OLD.is_open AND member = OLD.assignee_id));
  INSERT INTO exception_counts
  SELECT NEW.business_account_id, 'OPEN', zeroblob(16), 1 WHERE NEW.is_open
  UNION ALL SELECT NEW.business_account_id, 'RESOLVED', zeroblob(16), 1 WHERE NOT NEW.is_open
  UNION ALL SELECT NEW.business_account_id, 'UNASSIGNED', zeroblob(16), 1 WHERE NEW.is_open AND NEW.assignee_id IS NULL
  UNION ALL SELECT NEW.business_account_id, 'WAITING', zeroblob(16), 1 WHERE NEW.status = 'PENDING_RESOLUTION'
  UNION ALL SELECT NEW.business_account_id, 'MINE', NEW.assignee_id, 1 WHERE NEW.is_open AND NEW.assignee_id IS NOT NULL
  ON CONFLICT (business_account_id, tab, member) DO UPDATE SET n = n + 1;
END;
