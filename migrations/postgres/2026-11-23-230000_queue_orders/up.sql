-- One amount, by due time: reconciling, it is what people ask for. Sorting all that have it took as long as there are many.
CREATE INDEX exceptions_of_amount ON exceptions (business_account_id, is_open, amount, due_at, id, snoozed_until);

-- What was resolved of a code, the latest first, as the tab has it. A claim writes nothing of it.
CREATE INDEX exceptions_resolved_by_code ON exceptions (business_account_id, code, is_open, updated_at, id, snoozed_until) WHERE NOT is_open;
