DROP TRIGGER accounts_to_words_anew;
DROP TRIGGER accounts_to_words;
DROP INDEX financial_accounts_by_tail;
DROP TABLE account_words;
DROP TABLE account_words_pending;
