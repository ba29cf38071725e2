ALTER TABLE exceptions DROP COLUMN sla_severity;
ALTER TABLE exceptions DROP COLUMN sla_from;
DROP TABLE due_reckonings;
DROP TABLE work_holidays;
DROP TABLE work_calendars;
