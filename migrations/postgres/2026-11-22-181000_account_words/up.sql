-- By which words accounts are found: those of their names and their holders', cut and in small letters. Triggers note
-- which account has to be read anew; a job reads it, as SQL cannot cut words.
CREATE TABLE account_words_pending (
  n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id uuid NOT NULL
);

-- In the order of their bytes, in which all words with one beginning stand together.
CREATE TABLE account_words (
  business_account_id uuid NOT NULL REFERENCES business_accounts,
  word text COLLATE "C" NOT NULL,
  account_id uuid NOT NULL REFERENCES financial_accounts,
  PRIMARY KEY (business_account_id, word, account_id)
);
-- Which of some accounts have a word, and all words of one.
CREATE INDEX account_words_by_account ON account_words (account_id, word);

CREATE INDEX financial_accounts_by_tail ON financial_accounts (business_account_id, number_tail, id);

CREATE FUNCTION account_to_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO account_words_pending (account_id) VALUES (NEW.id); RETURN NULL; END $$;
CREATE TRIGGER accounts_to_words AFTER INSERT ON financial_accounts
FOR EACH ROW EXECUTE FUNCTION account_to_words();
CREATE TRIGGER accounts_to_words_anew AFTER UPDATE OF name, holder_name ON financial_accounts
FOR EACH ROW WHEN (OLD.name <> NEW.name OR OLD.holder_name <> NEW.holder_name) EXECUTE FUNCTION account_to_words();

INSERT INTO account_words_pending (account_id) SELECT id FROM financial_accounts ORDER BY created_at, id;
