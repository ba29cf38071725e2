DROP TRIGGER exceptions_reported_anew;
DROP TRIGGER exceptions_reported_out;
DROP TRIGGER exceptions_reported_closed;
DROP TRIGGER exceptions_reported_in;
DROP TABLE report_minutes;
DROP TABLE report_holders;
DROP TABLE report_codes;
DROP TABLE report_quarters;
