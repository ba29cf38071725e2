DROP TABLE dispatch_attempts;
DROP TABLE dispatches;
DROP INDEX exceptions_by_external_system;
ALTER TABLE exceptions DROP COLUMN external_updated_at;
ALTER TABLE exceptions DROP COLUMN external_url;
ALTER TABLE exceptions DROP COLUMN external_issue_id;
ALTER TABLE exceptions DROP COLUMN external_system;
