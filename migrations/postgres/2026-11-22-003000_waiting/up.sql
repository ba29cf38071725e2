-- An exception can wait for somebody outside; as long as it does, its SLA stands still.
ALTER TABLE exceptions ADD COLUMN waiting_since bigint;
ALTER TABLE exceptions ADD COLUMN waiting_for text;
ALTER TABLE exceptions ADD COLUMN waiting_reason text;
-- When it goes on by itself, and who is told then.
ALTER TABLE exceptions ADD COLUMN waiting_until bigint;
ALTER TABLE exceptions ADD COLUMN waiting_told uuid REFERENCES team_members (id);
-- So much time, in microseconds, has not counted: since its SLA counts, and since it was raised.
ALTER TABLE exceptions ADD COLUMN sla_paused bigint NOT NULL DEFAULT 0;
ALTER TABLE exceptions ADD COLUMN waited bigint NOT NULL DEFAULT 0;
-- The tab of what waits; what a new event sets going again; what the clock does.
CREATE INDEX exceptions_that_wait ON exceptions (business_account_id, due_at, id) WHERE status = 'PENDING_RESOLUTION' OR waiting_since IS NOT NULL;
CREATE INDEX exceptions_waiting_for_transaction ON exceptions (business_account_id, transaction_id) WHERE waiting_since IS NOT NULL;
CREATE INDEX exceptions_waiting_for_entity ON exceptions (business_account_id, entity_id) WHERE waiting_since IS NOT NULL;
CREATE INDEX exceptions_to_go_on ON exceptions (waiting_until) WHERE waiting_until IS NOT NULL;
CREATE OR REPLACE FUNCTION count_exception(e exceptions, step bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO exception_counts AS c
  SELECT e.business_account_id, tab, member, step FROM (VALUES
    ('MINE', CASE WHEN e.is_open AND e.snoozed_until IS NULL THEN e.assignee_id END),
    ('OPEN', CASE WHEN e.is_open AND e.snoozed_until IS NULL THEN '00000000-0000-0000-0000-000000000000'::uuid END),
    ('RESOLVED', CASE WHEN NOT e.is_open THEN '00000000-0000-0000-0000-000000000000'::uuid END),
    ('SNOOZED', CASE WHEN e.is_open AND e.snoozed_until IS NOT NULL THEN '00000000-0000-0000-0000-000000000000'::uuid END),
    ('UNASSIGNED', CASE WHEN e.is_open AND e.snoozed_until IS NULL AND e.assignee_id IS NULL THEN '00000000-0000-0000-0000-000000000000'::uuid END),
    ('WAITING', CASE WHEN (e.status = 'PENDING_RESOLUTION' OR e.waiting_since IS NOT NULL) AND e.snoozed_until IS NULL THEN '00000000-0000-0000-0000-000000000000'::uuid END)
  ) AS t (tab, member) WHERE member IS NOT NULL
  ON CONFLICT (business_account_id, tab, member) DO UPDATE SET n = c.n + step
$$;
DROP TRIGGER exceptions_counted_anew ON exceptions;
CREATE TRIGGER exceptions_counted_anew AFTER UPDATE ON exceptions
FOR EACH ROW WHEN (OLD.is_open <> NEW.is_open OR OLD.status <> NEW.status OR OLD.assignee_id IS DISTINCT FROM NEW.assignee_id
  OR OLD.snoozed_until IS DISTINCT FROM NEW.snoozed_until OR OLD.waiting_since IS DISTINCT FROM NEW.waiting_since)
EXECUTE FUNCTION recount_exception();
