DROP INDEX exceptions_resolved_by_holder;
DROP INDEX exceptions_late;
DROP INDEX exceptions_by_severity_age;
DROP INDEX exceptions_by_kind_amount;
DROP INDEX exceptions_by_source;
DROP INDEX exceptions_by_severity_due;
