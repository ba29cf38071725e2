-- An exception can be put aside until a time; then it is under a tab of its own, and not counted under the others.
ALTER TABLE exceptions ADD COLUMN snoozed_until bigint;
ALTER TABLE exceptions ADD COLUMN snooze_reason text;

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

CREATE OR REPLACE FUNCTION count_exception(e exceptions, step bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO exception_counts AS c
  SELECT e.business_account_id, tab, member, step FROM (VALUES
    ('MINE', CASE WHEN e.is_open AND e.snoozed_until IS NULL THEN e.assignee_id END),
    ('OPEN', CASE WHEN e.is_open AND e.snoozed_until IS NULL THEN '00000000-0000-0000-0000-000000000000'::uuid END),
    ('RESOLVED', CASE WHEN NOT e.is_open THEN '00000000-0000-0000-0000-000000000000'::uuid END),
    ('SNOOZED', CASE WHEN e.is_open AND e.snoozed_until IS NOT NULL THEN '00000000-0000-0000-0000-000000000000'::uuid END),
    ('UNASSIGNED', CASE WHEN e.is_open AND e.snoozed_until IS NULL AND e.assignee_id IS NULL THEN '00000000-0000-0000-0000-000000000000'::uuid END),
    ('WAITING', CASE WHEN e.status = 'PENDING_RESOLUTION' AND e.snoozed_until IS NULL THEN '00000000-0000-0000-0000-000000000000'::uuid END)
  ) AS t (tab, member) WHERE member IS NOT NULL
  ON CONFLICT (business_account_id, tab, member) DO UPDATE SET n = c.n + step
$$;
DROP TRIGGER exceptions_counted_anew ON exceptions;
CREATE TRIGGER exceptions_counted_anew AFTER UPDATE ON exceptions
FOR EACH ROW WHEN (OLD.is_open <> NEW.is_open OR OLD.status <> NEW.status OR OLD.assignee_id IS DISTINCT FROM NEW.assignee_id
  OR OLD.snoozed_until IS DISTINCT FROM NEW.snoozed_until)
EXECUTE FUNCTION recount_exception();
