DROP TRIGGER exceptions_reported_anew ON exceptions;
DROP TRIGGER exceptions_reported ON exceptions;
DROP FUNCTION report_exception();
DROP FUNCTION report_resolution(exceptions, bigint);
DROP FUNCTION report_arrival(exceptions, bigint);
DROP TABLE report_minutes;
DROP TABLE report_holders;
DROP TABLE report_codes;
DROP TABLE report_quarters;
