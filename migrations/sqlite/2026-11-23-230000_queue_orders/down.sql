DROP INDEX exceptions_of_amount;
DROP INDEX exceptions_resolved_by_code;
CREATE INDEX exceptions_unassigned ON exceptions (business_account_id, is_open, due_at, id, snoozed_until) WHERE assignee_id IS NULL;
