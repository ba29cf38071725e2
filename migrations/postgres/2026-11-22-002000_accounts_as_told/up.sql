-- What clients tell of an account beyond its number, and who added and changed it. What was not said before stays unknown.
ALTER TABLE financial_accounts ADD COLUMN holder_kind text;
ALTER TABLE financial_accounts ADD COLUMN holder_id uuid;
ALTER TABLE financial_accounts ADD COLUMN parent_id uuid;
ALTER TABLE financial_accounts ADD COLUMN bank_name text;
ALTER TABLE financial_accounts ADD COLUMN verification_method text;
ALTER TABLE financial_accounts ADD COLUMN created_by_kind text;
ALTER TABLE financial_accounts ADD COLUMN created_by_id uuid;
ALTER TABLE financial_accounts ADD COLUMN updated_by_kind text;
ALTER TABLE financial_accounts ADD COLUMN updated_by_id uuid;
CREATE INDEX financial_accounts_by_holder ON financial_accounts (business_account_id, holder_id) WHERE holder_id IS NOT NULL;
CREATE INDEX financial_accounts_by_parent ON financial_accounts (business_account_id, parent_id) WHERE parent_id IS NOT NULL;
