-- The orders that lists of the API promise at any length.
CREATE INDEX exceptions_by_stand ON exceptions (business_account_id, (CAST(CASE WHEN status = 'RESOLVED' THEN 3 WHEN status = 'PENDING_RESOLUTION' THEN 2 WHEN assignee_id IS NULL THEN 0 ELSE 1 END AS BIGINT)), id);
CREATE INDEX financial_accounts_by_time ON financial_accounts (business_account_id, created_at, id);
CREATE INDEX financial_accounts_by_update ON financial_accounts (business_account_id, updated_at, id);
CREATE INDEX notes_by_update ON notes (business_account_id, entity_type, entity_id, updated_at, id);
CREATE INDEX disputes_by_update ON disputes (business_account_id, updated_at, id);
CREATE INDEX disputes_by_stand ON disputes (business_account_id, (CAST(CASE state WHEN 'DRAFT' THEN 0 WHEN 'OPEN' THEN 1 WHEN 'PENDING_EVIDENCE' THEN 2 WHEN 'WON' THEN 3 ELSE 4 END AS BIGINT)), id);
CREATE INDEX disputes_by_category ON disputes (business_account_id, (CAST(CASE category WHEN 'BANK_FEE_ERROR' THEN 0 WHEN 'UNRECOGNIZED_CHARGE' THEN 1 WHEN 'DUPLICATE_TRANSACTION' THEN 2 WHEN 'AMOUNT_MISMATCH' THEN 3 ELSE 4 END AS BIGINT)), id);
CREATE INDEX reviews_by_time ON reviews (business_account_id, created_at, id);
CREATE INDEX approvals_by_time ON approvals (business_account_id, requested_at, id);
