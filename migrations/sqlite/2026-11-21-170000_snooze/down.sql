-- What was put aside is there again.
UPDATE exceptions SET snoozed_until = NULL WHERE snoozed_until IS NOT NULL;
DELETE FROM exception_counts WHERE tab = 'SNOOZED';
DROP TRIGGER exceptions_counted_in;
DROP TRIGGER exceptions_counted_out;
DROP TRIGGER exceptions_counted_anew;
DROP INDEX exceptions_by_due;
DROP INDEX exceptions_by_assignee;
DROP INDEX exceptions_unassigned;
DROP INDEX exceptions_snoozed;
DROP INDEX exceptions_to_wake;
DROP INDEX exceptions_to_raise;
CREATE INDEX exceptions_by_due ON exceptions (business_account_id, is_open, due_at, id);
CREATE INDEX exceptions_by_assignee ON exceptions (business_account_id, assignee_id, is_open, due_at, id);
CREATE INDEX exceptions_unassigned ON exceptions (business_account_id, is_open, due_at, id) WHERE assignee_id IS NULL;
ALTER TABLE exceptions DROP COLUMN snoozed_until;
ALTER TABLE exceptions DROP COLUMN snooze_reason;
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
