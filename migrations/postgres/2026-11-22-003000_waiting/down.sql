-- Nothing waits any more; what was due at no time is due when it would have gone on.
UPDATE exceptions SET due_at = waiting_until WHERE due_at = 253402214400000000;
UPDATE exceptions SET waiting_since = NULL WHERE waiting_since IS NOT NULL;
DROP TRIGGER exceptions_counted_anew ON exceptions;
CREATE TRIGGER exceptions_counted_anew AFTER UPDATE ON exceptions
FOR EACH ROW WHEN (OLD.is_open <> NEW.is_open OR OLD.status <> NEW.status OR OLD.assignee_id IS DISTINCT FROM NEW.assignee_id
  OR OLD.snoozed_until IS DISTINCT FROM NEW.snoozed_until)
EXECUTE FUNCTION recount_exception();
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
