-- On SQLite every word of the index is a business account's own from now on: it is written behind the account's mark.
-- Before, every document had the mark as a word of its own, and each question walked through all of them. All documents
-- are read anew, the newest first; what a job has not come to yet is not found.
DROP TABLE search_words;
CREATE VIRTUAL TABLE search_words USING fts5(words, content='', contentless_delete=1, detail='none', tokenize='unicode61 remove_diacritics 0');
DELETE FROM search_vocabulary;
INSERT INTO search_pending (exception_id) SELECT exception_id FROM search_documents ORDER BY document DESC;
