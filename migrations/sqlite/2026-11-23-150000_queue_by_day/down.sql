DROP INDEX exceptions_in_time;
DROP INDEX exceptions_by_day;
