-- What was raised on a day (of UTC, counted since 1970), by due time: a month of days is looked at one by one. Of a day
-- that begins elsewhere in another zone a part is passed over: the time stands in the index.
CREATE INDEX exceptions_by_day ON exceptions (business_account_id, is_open, (created_at / 86400000000), due_at, id, created_at, snoozed_until);

-- What was resolved in time, and what was late. A claim writes nothing of the one.
CREATE INDEX exceptions_in_time ON exceptions (business_account_id, is_open, updated_at, id, due_at, snoozed_until) WHERE NOT is_open AND updated_at <= due_at;
DROP INDEX exceptions_late;
CREATE INDEX exceptions_late ON exceptions (business_account_id, is_open, updated_at, id, due_at, snoozed_until) WHERE updated_at > due_at;

-- All that one filter of a queue asks for stands in its index, whether an exception is snoozed too: what it finds is
-- counted without looking at the exceptions themselves.
DROP INDEX exceptions_by_status;
CREATE INDEX exceptions_by_status ON exceptions (business_account_id, status, due_at, id, is_open, snoozed_until);
DROP INDEX exceptions_by_creation;
CREATE INDEX exceptions_by_creation ON exceptions (business_account_id, is_open, created_at, id, snoozed_until);
DROP INDEX exceptions_by_update;
CREATE INDEX exceptions_by_update ON exceptions (business_account_id, is_open, updated_at, id, snoozed_until);
DROP INDEX exceptions_by_amount;
CREATE INDEX exceptions_by_amount ON exceptions (business_account_id, is_open, amount, id, snoozed_until);
DROP INDEX exceptions_by_severity;
CREATE INDEX exceptions_by_severity ON exceptions (business_account_id, is_open, severity, id, snoozed_until);
DROP INDEX exceptions_by_code;
CREATE INDEX exceptions_by_code ON exceptions (business_account_id, code, is_open, due_at, id, snoozed_until);
DROP INDEX exceptions_by_kind;
CREATE INDEX exceptions_by_kind ON exceptions (business_account_id, kind, is_open, due_at, id, snoozed_until);
DROP INDEX exceptions_by_severity_due;
CREATE INDEX exceptions_by_severity_due ON exceptions (business_account_id, severity, is_open, due_at, id, snoozed_until);
DROP INDEX exceptions_by_source;
CREATE INDEX exceptions_by_source ON exceptions (business_account_id, source, is_open, due_at, id, snoozed_until);

-- What the clock tells of is found in the index too: every minute it looks at all that is due within days.
DROP INDEX exceptions_by_due;
CREATE INDEX exceptions_by_due ON exceptions (business_account_id, is_open, due_at, id, snoozed_until, created_at, waiting_since);

-- What waits is few, and whatever is asked of it stands there.
DROP INDEX exceptions_that_wait;
CREATE INDEX exceptions_that_wait ON exceptions (business_account_id, due_at, id, snoozed_until, code, kind, severity, source, status, waiting_since) WHERE status = 'PENDING_RESOLUTION' OR waiting_since IS NOT NULL;

-- Each business account may have ages of its own.
DROP INDEX exceptions_to_raise;
CREATE INDEX exceptions_to_raise ON exceptions (business_account_id, severity, created_at) WHERE is_open AND NOT severity_fixed;
