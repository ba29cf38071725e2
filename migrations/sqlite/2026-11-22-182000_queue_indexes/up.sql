-- Every filter of the queue has an index that goes on with the due time, the order of most queues.
CREATE INDEX exceptions_by_severity_due ON exceptions (business_account_id, severity, is_open, due_at, id);
CREATE INDEX exceptions_by_source ON exceptions (business_account_id, source, is_open, due_at, id);
-- What was resolved too late.
CREATE INDEX exceptions_late ON exceptions (business_account_id, updated_at, id) WHERE NOT is_open AND updated_at > due_at;
