-- Nothing waits any more; what was due at no time is due when it would have gone on.
UPDATE exceptions SET due_at = waiting_until WHERE due_at = 253402214400000000;
UPDATE exceptions SET waiting_since = NULL WHERE waiting_since IS NOT NULL;
DROP TRIGGER exceptions_counted_in;
DROP TRIGGER exceptions_counted_out;
DROP TRIGGER exceptions_counted_anew;
DROP INDEX exceptions_to_go_on;
DROP INDEX exceptions_waiting_for_entity;
DROP INDEX exceptions_waiting_for_transaction;
DROP INDEX exceptions_that_wait;
ALTER TABLE exceptions DROP COLUMN waited;
ALTER TABLE exceptions DROP COLUMN sla_paused;
ALTER TABLE exceptions DROP COLUMN waiting_told;
ALTER TABLE exceptions DROP COLUMN waiting_until;
ALTER TABLE exceptions DROP COLUMN waiting_reason;
ALTER TABLE exceptions DROP COLUMN waiting_for;
ALTER TABLE exceptions DROP COLUMN waiting_since;
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
