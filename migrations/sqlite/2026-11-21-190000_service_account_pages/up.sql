-- Service accounts are changed on a page: a version, so that of two who change one the second is told.
ALTER TABLE service_accounts ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
CREATE INDEX service_accounts_by_name ON service_accounts (business_account_id, name);
CREATE INDEX api_keys_by_service_account ON api_keys (service_account_id, created_at);
