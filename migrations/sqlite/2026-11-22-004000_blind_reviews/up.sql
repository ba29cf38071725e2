-- A review can be blind: the reviewer says what they would have done before they are told what was done.
ALTER TABLE reviews ADD COLUMN is_blind INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reviews ADD COLUMN answer TEXT;
ALTER TABLE reviews ADD COLUMN answer_reason TEXT;
ALTER TABLE reviews ADD COLUMN answered_by_id BLOB REFERENCES team_members;
ALTER TABLE reviews ADD COLUMN answered_at INTEGER;
-- What is hidden as long as it waits; what the agreement is reported of.
CREATE INDEX reviews_hidden ON reviews (exception_id) WHERE is_blind AND answer IS NULL;
CREATE INDEX reviews_answered ON reviews (business_account_id, answered_at) WHERE answered_at IS NOT NULL;
