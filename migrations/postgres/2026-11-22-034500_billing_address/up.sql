-- Where bills for an account go, as it was told: a JSON object.
ALTER TABLE financial_accounts ADD COLUMN billing_address TEXT;
