-- What was put aside is there again.
UPDATE exceptions SET snoozed_until = NULL WHERE snoozed_until IS NOT NULL;
DELETE FROM exception_counts WHERE tab = 'SNOOZED';
CREATE OR REPLACE FUNCTION count_exception(e exceptions, step bigint) RETURNS void LANGUAGE sql AS $$
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
DROP TRIGGER exceptions_counted_anew ON exceptions;
CREATE TRIGGER exceptions_counted_anew AFTER UPDATE ON exceptions
FOR EACH ROW WHEN (OLD.is_open <> NEW.is_open OR OLD.status <> NEW.status OR OLD.assignee_id IS DISTINCT FROM NEW.assignee_id)
EXECUTE FUNCTION recount_exception();
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
