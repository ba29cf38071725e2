-- An exception can wait for somebody outside; as long as it does, its SLA stands still.
ALTER TABLE exceptions ADD COLUMN waiting_since INTEGER;
ALTER TABLE exceptions ADD COLUMN waiting_for TEXT;
ALTER TABLE exceptions ADD COLUMN waiting_reason TEXT;
-- When it goes on by itself, and who is told then.
ALTER TABLE exceptions ADD COLUMN waiting_until INTEGER;
ALTER TABLE exceptions ADD COLUMN waiting_told BLOB REFERENCES team_members (id);
-- So much time, in microseconds, has not counted: since its SLA counts, and since it was raised.
ALTER TABLE exceptions ADD COLUMN sla_paused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE exceptions ADD COLUMN waited INTEGER NOT NULL DEFAULT 0;
-- The tab of what waits; what a new event sets going again; what the clock does.
CREATE INDEX exceptions_that_wait ON exceptions (business_account_id, due_at, id) WHERE status = 'PENDING_RESOLUTION' OR waiting_since IS NOT NULL;
CREATE INDEX exceptions_waiting_for_transaction ON exceptions (business_account_id, transaction_id) WHERE waiting_since IS NOT NULL;
CREATE INDEX exceptions_waiting_for_entity ON exceptions (business_account_id, entity_id) WHERE waiting_since IS NOT NULL;
CREATE INDEX exceptions_to_go_on ON exceptions (waiting_until) WHERE waiting_until IS NOT NULL;
DROP TRIGGER exceptions_counted_in;
DROP TRIGGER exceptions_counted_out;
DROP TRIGGER exceptions_counted_anew;
CREATE TRIGGER exceptions_counted_in AFTER INSERT ON exceptions BEGIN
  INSERT INTO exception_counts
  SELECT NEW.business_account_id, 'RESOLVED', zeroblob(16), 1 WHERE NOT NEW.is_open
  UNION ALL SELECT NEW.business_account_id, 'SNOOZED', zeroblob(16), 1 WHERE NEW.is_open AND NEW.snoozed_until IS NOT NULL
  UNION ALL SELECT NEW.business_account_id, 'OPEN', zeroblob(16), 1 WHERE NEW.is_open AND NEW.snoozed_until IS NULL
  UNION ALL SELECT NEW.business_account_id, 'UNASSIGNED', zeroblob(16), 1 WHERE NEW.is_open AND NEW.snoozed_until IS NULL AND NEW.assignee_id IS NULL
  UNION ALL SELECT NEW.business_account_id, 'WAITING', zeroblob(16), 1 WHERE (NEW.status = 'PENDING_RESOLUTION' OR NEW.waiting_since IS NOT NULL) AND NEW.snoozed_until IS NULL
  UNION ALL SELECT NEW.business_account_id, 'MINE', NEW.assignee_id, 1 WHERE NEW.is_open AND NEW.snoozed_until IS NULL AND NEW.assignee_id IS NOT NULL
  ON CONFLICT (business_account_id, tab, member) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER exceptions_counted_out AFTER DELETE ON exceptions BEGIN
  UPDATE exception_counts SET n = n - 1 WHERE business_account_id = OLD.business_account_id AND (
    (tab = 'RESOLVED' AND NOT OLD.is_open)
    OR (tab = 'SNOOZED' AND OLD.is_open AND OLD.snoozed_until IS NOT NULL)
    OR (tab = 'OPEN' AND OLD.is_open AND OLD.snoozed_until IS NULL)
    OR (tab = 'UNASSIGNED' AND OLD.is_open AND OLD.snoozed_until IS NULL AND OLD.assignee_id IS NULL)
    OR (tab = 'WAITING' AND (OLD.status = 'PENDING_RESOLUTION' OR OLD.waiting_since IS NOT NULL) AND OLD.snoozed_until IS NULL)
    OR (tab = 'MINE' AND OLD.is_open AND OLD.snoozed_until IS NULL AND member = OLD.assignee_id));
END;
CREATE TRIGGER exceptions_counted_anew AFTER UPDATE OF is_open, status, assignee_id, snoozed_until, waiting_since ON exceptions
WHEN OLD.is_open <> NEW.is_open OR OLD.status <> NEW.status OR OLD.assignee_id IS NOT NEW.assignee_id
  OR OLD.snoozed_until IS NOT NEW.snoozed_until OR OLD.waiting_since IS NOT NEW.waiting_since BEGIN
  UPDATE exception_counts SET n = n - 1 WHERE business_account_id = OLD.business_account_id AND (
    (tab = 'RESOLVED' AND NOT OLD.is_open)
    OR (tab = 'SNOOZED' AND OLD.is_open AND OLD.snoozed_until IS NOT NULL)
    OR (tab = 'OPEN' AND OLD.is_open AND OLD.snoozed_until IS NULL)
    OR (tab = 'UNASSIGNED' AND OLD.is_open AND OLD.snoozed_until IS NULL AND OLD.assignee_id IS NULL)
    OR (tab = 'WAITING' AND (OLD.status = 'PENDING_RESOLUTION' OR OLD.waiting_since IS NOT NULL) AND OLD.snoozed_until IS NULL)
    OR (tab = 'MINE' AND OLD.is_open AND OLD.snoozed_until IS NULL AND member = OLD.assignee_id));
  INSERT INTO exception_counts
  SELECT NEW.business_account_id, 'RESOLVED', zeroblob(16), 1 WHERE NOT NEW.is_open
  UNION ALL SELECT NEW.business_account_id, 'SNOOZED', zeroblob(16), 1 WHERE NEW.is_open AND NEW.snoozed_until IS NOT NULL
  UNION ALL SELECT NEW.business_account_id, 'OPEN', zeroblob(16), 1 WHERE NEW.is_open AND NEW.snoozed_until IS NULL
  UNION ALL SELECT NEW.business_account_id, 'UNASSIGNED', zeroblob(16), 1 WHERE NEW.is_open AND NEW.snoozed_until IS NULL AND NEW.assignee_id IS NULL
  UNION ALL SELECT NEW.business_account_id, 'WAITING', zeroblob(16), 1 WHERE (NEW.status = 'PENDING_RESOLUTION' OR NEW.waiting_since IS NOT NULL) AND NEW.snoozed_until IS NULL
  UNION ALL SELECT NEW.business_account_id, 'MINE', NEW.assignee_id, 1 WHERE NEW.is_open AND NEW.snoozed_until IS NULL AND NEW.assignee_id IS NOT NULL
  ON CONFLICT (business_account_id, tab, member) DO UPDATE SET n = n + 1;
END;
