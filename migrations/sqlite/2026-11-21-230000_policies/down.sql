DROP INDEX transactions_by_hand;
ALTER TABLE notifications DROP COLUMN approval_id;
ALTER TABLE approvals DROP COLUMN consents;
ALTER TABLE approvals DROP COLUMN people;
DROP TABLE policies;
