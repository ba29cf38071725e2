DROP INDEX api_keys_by_service_account;
DROP INDEX service_accounts_by_name;
ALTER TABLE service_accounts DROP COLUMN version;
