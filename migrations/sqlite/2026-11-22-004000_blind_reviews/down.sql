DROP INDEX reviews_answered;
DROP INDEX reviews_hidden;
ALTER TABLE reviews DROP COLUMN answered_at;
ALTER TABLE reviews DROP COLUMN answered_by_id;
ALTER TABLE reviews DROP COLUMN answer_reason;
ALTER TABLE reviews DROP COLUMN answer;
ALTER TABLE reviews DROP COLUMN is_blind;
