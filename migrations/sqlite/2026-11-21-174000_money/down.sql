DROP INDEX resolutions_by_transaction;
ALTER TABLE resolutions DROP COLUMN financial_account_id;
ALTER TABLE resolutions DROP COLUMN transaction_id;
DROP TABLE approvals;
