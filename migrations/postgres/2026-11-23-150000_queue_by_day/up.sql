-- What was raised on a day (of UTC, counted since 1970), by due time: a month of days is looked at one by one.
CREATE INDEX exceptions_by_day ON exceptions (business_account_id, is_open, (created_at / 86400000000), due_at, id);
-- What was resolved in time. A claim writes nothing of it.
CREATE INDEX exceptions_in_time ON exceptions (business_account_id, is_open, updated_at, id) WHERE NOT is_open AND updated_at <= due_at;
