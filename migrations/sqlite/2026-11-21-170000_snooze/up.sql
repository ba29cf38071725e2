-- An exception can be put aside until a time; then it is under a tab of its own, and not counted under the others.
ALTER TABLE exceptions ADD COLUMN snoozed_until INTEGER;
ALTER TABLE exceptions ADD COLUMN snooze_reason TEXT;

DROP INDEX exceptions_by_due;
DROP INDEX exceptions_by_assignee;
DROP INDEX exceptions_unassigned;
CREATE INDEX exceptions_by_due ON exceptions (business_account_id, is_open, due_at, id, snoozed_until);
CREATE INDEX exceptions_by_assignee ON exceptions (business_account_id, assignee_id, is_open, due_at, id, snoozed_until);
CREATE INDEX exceptions_unassigned ON exceptions (business_account_id, is_open, due_at, id, snoozed_until) WHERE assignee_id IS NULL;
CREATE INDEX exceptions_snoozed ON exceptions (business_account_id, due_at, id) WHERE snoozed_until IS NOT NULL;
-- What grows old: those whose severity the rule may still raise.
CREATE INDEX exceptions_to_raise ON exceptions (severity, created_at) WHERE is_open AND NOT severity_fixed;
CREATE INDEX exceptions_to_wake ON exceptions (snoozed_until) WHERE snoozed_until IS NOT NULL;

DROP TRIGGER exceptions_counted_in;
DROP TRIGGER exceptions_counted_out;
DROP TRIGGER exceptions_counted_anew;
CREATE TRIGGER exceptions_counted_in AFTER INSERT ON exceptions BEGIN
  INSERT INTO exception_counts
  SELECT NEW.business_account_id, 'RESOLVED', zeroblob(16), 1 WHERE NOT NEW.is_open
  UNION ALL SELECT NEW.business_account_id, 'SNOOZED', zeroblob(16), 1 WHERE NEW.is_open AND NEW.snoozed_until IS NOT NULL
  UNION ALL SELECT NEW.business_account_id, 'OPEN', zeroblob(16), 1 WHERE NEW.is_open AND NEW.snoozed_until IS NULL
  UNION ALL SELECT NEW.business_account_id, 'UNASSIGNED', zeroblob(16), 1 WHERE NEW.is_open AND NEW.snoozed_until IS NULL AND NEW.assignee_id IS NULL
  UNION ALL SELECT NEW.business_account_id, 'WAITING', zeroblob(16), 1 WHERE NEW.status = 'PENDING_RESOLUTION' AND NEW.snoozed_until IS NULL
  UNION ALL SELECT NEW.business_account_id, 'MINE', NEW.assignee_id, 1 WHERE NEW.is_open AND NEW.snoozed_until IS NULL AND NEW.assignee_id IS NOT NULL
  ON CONFLICT (business_account_id, tab, member) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER exceptions_counted_out AFTER DELETE ON exceptions BEGIN
  UPDATE exception_counts SET n = n - 1 WHERE business_account_id = OLD.business_account_id AND (
    (tab = 'RESOLVED' AND NOT OLD.is_open)
    OR (tab = 'SNOOZED' AND OLD.is_open AND OLD.snoozed_until IS NOT NULL)
    OR (tab = 'OPEN' AND OLD.is_open AND OLD.snoozed_until IS NULL)
    OR (tab = 'UNASSIGNED' AND OLD.is_open AND OLD.snoozed_until IS NULL AND OLD.assignee_id IS NULL)
    OR (tab = 'WAITING' AND OLD.status = 'PENDING_RESOLUTION' AND OLD.snoozed_until IS NULL)
    OR (tab = 'MINE' AND OLD.is_open AND OLD.snoozed_until IS NULL AND member = OLD.assignee_id));
END;
CREATE TRIGGER exceptions_counted_anew AFTER UPDATE OF is_open, status, assignee_id, snoozed_until ON exceptions
WHEN OLD.is_open <> NEW.is_open OR OLD.status <> NEW.status OR OLD.assignee_id IS NOT NEW.assignee_id
  OR OLD.snoozed_until IS NOT NEW.snoozed_until BEGIN
  UPDATE exception_counts SET n = n - 1 WHERE business_account_id = OLD.business_account_id AND (
    (tab = 'RESOLVED' AND NOT OLD.is_open)
    OR (tab = 'SNOOZED' AND OLD.is_open AND OLD.snoozed_until IS NOT NULL)
    OR (tab = 'OPEN' AND OLD.is_open AND OLD.snoozed_until IS NULL)
    OR (tab = 'UNASSIGNED' AND OLD.is_open AND OLD.snoozed_until IS NULL AND OLD.assignee_id IS NULL)
    OR (tab = 'WAITING' AND OLD.status = 'PENDING_RESOLUTION' AND OLD.snoozed_until IS NULL)
    OR (tab = 'MINE' AND OLD.is_open AND OLD.snoozed_until IS NULL AND member = OLD.assignee_id));
  INSERT INTO exception_counts
  SELECT NEW.business_account_id, 'RESOLVED', zeroblob(16), 1 WHERE NOT NEW.is_open
  UNION ALL SELECT NEW.business_account_id, 'SNOOZED', zeroblob(16), 1 WHERE NEW.is_open AND NEW.snoozed_until IS NOT NULL
  UNION ALL SELECT NEW.business_account_id, 'OPEN', zeroblob(16), 1 WHERE NEW.is_open AND NEW.snoozed_until IS NULL
  UNION ALL SELECT NEW.business_account_id, 'UNASSIGNED', zeroblob(16), 1 WHERE NEW.is_open AND NEW.snoozed_until IS NULL AND NEW.assignee_id IS NULL
  UNION ALL SELECT NEW.business_account_id, 'WAITING', zeroblob(16), 1 WHERE NEW.status = 'PENDING_RESOLUTION' AND NEW.snoozed_until IS NULL
  UNION ALL SELECT NEW.business_account_id, 'MINE', NEW.assignee_id, 1 WHERE NEW.is_open AND NEW.snoozed_until IS NULL AND NEW.assignee_id IS NOT NULL
  ON CONFLICT (business_account_id, tab, member) DO UPDATE SET n = n + 1;
END;
