ALTER TABLE financial_accounts DROP COLUMN billing_address;
