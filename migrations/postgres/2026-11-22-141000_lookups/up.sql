-- What changed an account, and all accounts at one bank: looked up, not looked for.
CREATE INDEX resolutions_by_financial_account ON resolutions (financial_account_id, resolved_at, id) WHERE financial_account_id IS NOT NULL;
CREATE INDEX financial_accounts_by_bank ON financial_accounts (business_account_id, routing_number, id);
