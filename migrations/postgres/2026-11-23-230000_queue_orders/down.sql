DROP INDEX exceptions_of_amount;
DROP INDEX exceptions_resolved_by_code;
