DROP INDEX exceptions_late;
DROP INDEX exceptions_by_source;
DROP INDEX exceptions_by_severity_due;
