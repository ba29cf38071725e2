-- By which words accounts are found: those of their names and their holders', cut and in small letters. Triggers note
-- which account has to be read anew; a job reads it, as SQL cannot cut words.
CREATE TABLE account_words_pending (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id BLOB NOT NULL
) STRICT;

CREATE TABLE account_words (
  business_account_id BLOB NOT NULL REFERENCES business_accounts,
  word TEXT NOT NULL,
  account_id BLOB NOT NULL REFERENCES financial_accounts,
  PRIMARY KEY (business_account_id, word, account_id)
) STRICT, WITHOUT ROWID;
-- Which of some accounts have a word, and all words of one.
CREATE INDEX account_words_by_account ON account_words (account_id, word);

CREATE INDEX financial_accounts_by_tail ON financial_accounts (business_account_id, number_tail, id);

CREATE TRIGGER accounts_to_words AFTER INSERT ON financial_accounts BEGIN
  INSERT INTO account_words_pending (account_id) VALUES (NEW.id);
END;
CREATE TRIGGER accounts_to_words_anew AFTER UPDATE OF name, holder_name ON financial_accounts
WHEN OLD.name <> NEW.name OR OLD.holder_name <> NEW.holder_name BEGIN
  INSERT INTO account_words_pending (account_id) VALUES (NEW.id);
END;

INSERT INTO account_words_pending (account_id) SELECT id FROM financial_accounts ORDER BY created_at, id;
