-- Every filter of the queue has an index that goes on with the due time, the order of most queues.
CREATE INDEX exceptions_by_severity_due ON exceptions (business_account_id, severity, is_open, due_at, id);
CREATE INDEX exceptions_by_source ON exceptions (business_account_id, source, is_open, due_at, id);
-- A kind says much of the amount, and a severity of the age: who goes along the one meets the other at its end.
CREATE INDEX exceptions_by_kind_amount ON exceptions (business_account_id, kind, is_open, amount, id);
CREATE INDEX exceptions_by_severity_age ON exceptions (business_account_id, severity, is_open, created_at, id);
-- What was changed after its due time: of the resolved ones, what was resolved too late.
CREATE INDEX exceptions_late ON exceptions (business_account_id, is_open, updated_at, id) WHERE updated_at > due_at;
-- What one person had when it was resolved: My work counts those of today. A claim writes nothing of it.
CREATE INDEX exceptions_resolved_by_holder ON exceptions (business_account_id, assignee_id, updated_at) WHERE NOT is_open;
